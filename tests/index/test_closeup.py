"""One class read closely."""

from __future__ import annotations

import ast
import textwrap

import pytest

from codemods.index.closeup import CloseUp, Member, close_up
from reports.documents.classes import EventFact, Noted

EVENTS = ("agent_started", "tool_completed")


def close(source: str, name: str = "A") -> CloseUp:
    found = close_up(ast.parse(textwrap.dedent(source)), "app/a.py", "app.a", name, EVENTS)
    assert found is not None
    return found


def method(signature: str, decorator: str = "") -> Member:
    lines = [f"    @{decorator}"] if decorator else []
    return close("\n".join(["class A:", *lines, f"    def f{signature}: ..."])).members[0]


def body(*lines: str) -> CloseUp:
    return close("class A:\n    async def notify(self, run):\n" + "".join(f"        {line}\n" for line in lines))


def test_a_class_tells_where_it_stands_and_what_it_says_of_itself() -> None:
    found = close('''
        import os
        @final
        class A(Base, Generic[T]):
            """  First line.

            More."""
        ''')
    assert (found.dotted, found.path, found.line, found.end) == ("app.a.A", "app/a.py", 4, 7)
    assert (found.bases, found.decorators, found.doc) == (("Base", "Generic[T]"), ("final",), "First line.")
    assert close("class A: pass").doc == ""


def test_nested_and_conditional_classes_are_found_and_others_are_not() -> None:
    source = (
        "if x:\n    class A:\n        class B: pass\nelse:\n    class C: pass\ntry:\n    class D: pass\nfinally: pass"
    )
    for name in ("A", "A.B", "C", "D"):
        assert close(source, name).dotted == f"app.a.{name}"
    for name in ("B", "A.C", "A.B.C"):
        assert close_up(ast.parse(source), "a.py", "a", name, ()) is None


def test_of_two_classes_of_one_name_the_last_is_read() -> None:
    assert close("class A: x = 1\nclass A: y = 1").constants == (Noted("y", "1", 2),)


SIGNATURES = {
    "(self)": "()",
    "(self, a, b=1)": "(a, b=1)",
    "(self, a: int = 1) -> Box[int]": "(a: int=1) -> Box[int]",
    "(self, *args, **kwargs)": "(*args, **kwargs)",
    "(self, *, key, other=None)": "(*, key, other=None)",
    "(self, a, *args, key)": "(a, *args, key)",
    "(self, a, /, b)": "(a, b)",
    "(*args, **kwargs)": "(*args, **kwargs)",
    "(*, key)": "(*, key)",
    "()": "()",
}


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_signature_is_told_as_a_caller_sees_it(signature: str) -> None:
    assert method(signature).signature == SIGNATURES[signature]


def test_self_and_cls_are_given_by_python_and_a_static_method_gets_neither() -> None:
    assert method("(cls, a)", "classmethod").names == ("a",)
    assert method("(a, b)", "staticmethod").names == ("a", "b")
    assert method("(self, a)").names == ("a",)


def test_parameters_know_their_kind_annotation_and_default() -> None:
    found = method("(self, a: int, b='x', *rest: str, c: bool = True, d, **more)").arguments
    assert [(p.name, p.kind, p.annotation, p.default) for p in found] == [
        ("a", "positional", "int", None),
        ("b", "positional", "", "'x'"),
        ("rest", "*args", "str", None),
        ("c", "keyword", "bool", "True"),
        ("d", "keyword", "", None),
        ("more", "**kwargs", "", None),
    ]


def test_members_are_all_functions_of_the_class_with_traits_and_first_lines() -> None:
    found = close('''
        class A:
            async def one(self):
                """Does one.

                At length."""
            if DEBUG:
                @property
                def two(self): ...
            def _private(self):
                def inner(): ...
        ''')
    assert [(m.name, m.line, m.end, m.traits, m.doc) for m in found.members] == [
        ("one", 3, 6, ("async",), "Does one."),
        ("two", 9, 9, ("property",), ""),
        ("_private", 10, 11, (), ""),
    ]
    assert [m.public for m in found.members] == [True, True, False]


def test_a_member_defined_twice_is_told_and_the_last_counts() -> None:
    found = close("class A:\n    def f(self): ...\n    def g(self): ...\n    def f(self, a): ...")
    assert found.twice == ("f",)
    assert found.effective["f"].names == ("a",)


def test_setters_and_overloads_are_not_twice() -> None:
    found = close("""
        class A:
            @property
            def x(self): ...
            @x.setter
            def x(self, value): ...
            @overload
            def f(self): ...
            def f(self, a=None): ...
        """)
    assert found.twice == ()
    assert found.effective["x"].traits == ("property",)


def test_constants_attributes_and_members_are_what_it_is_known_to_have() -> None:
    found = close("""
        class A:
            LIMIT = 3
            a = b = [1]
            name: str
            rate: float = 0.5
            x, y = 1, 2
            other.z = 1
            def __init__(self):
                self.first = 1
                self.first = 2
                self.count += 1
                self.typed: int = 3
                other.attribute = 4
                self.deep.inner = 5
            @classmethod
            def make(cls):
                cls.made = 1
            @staticmethod
            def build(config):
                config.built = 1
            def positional(this, /):
                this.last = 1
            def nothing():
                get().thing = 1
        """)
    assert found.constants == (
        Noted("LIMIT", "3", 3),
        Noted("a", "[1]", 4),
        Noted("b", "[1]", 4),
        Noted("name", "", 5),
        Noted("rate", "0.5", 6),
    )
    assert found.attributes == (
        Noted("first", "__init__", 10),
        Noted("count", "__init__", 12),
        Noted("typed", "__init__", 13),
        Noted("made", "make", 18),
        Noted("last", "positional", 23),
    )
    assert {"LIMIT", "rate", "first", "make", "__init__", "last"} <= found.defined
    assert not {"built", "thing", "inner", "attribute"} & found.defined


def test_an_attribute_stands_where_it_is_assigned_first_even_in_a_branch() -> None:
    found = close("class A:\n    def f(self):\n        if x:\n            self.a = 1\n        self.a = 2")
    assert found.attributes == (Noted("a", "f", 4),)


def test_a_long_constant_is_cut() -> None:
    assert len(close(f"class A:\n    x = {'a' * 200}").constants[0].value) == 60


def test_locks_and_tasks_are_told_with_their_method() -> None:
    found = body(
        "self.lock = asyncio.Lock()",
        "self.other = RLock()",
        "asyncio.create_task(self.run())",
        "asyncio.get_running_loop().create_task(x)",
        "Clock()",
        "self.lock.acquire()",
        "f()()",
    )
    assert found.locks == (Noted("asyncio.Lock", "notify", 3), Noted("RLock", "notify", 4))
    assert found.tasks == (
        Noted("asyncio.create_task", "notify", 5),
        Noted("asyncio.get_running_loop().create_task", "notify", 6),
    )


def test_every_way_of_being_a_singleton_is_told() -> None:
    found = close("""
        _manager = None
        class A:
            _instance = None
            instances: dict = {}
            limit = 3
            def __new__(cls): ...
        def get_a():
            global _manager
            _manager = A()
        async def get_other():
            global _manager
            _manager = B()
        def make_a():
            return A()
        """)
    assert found.singleton == (
        Noted("__new__", "allocation is intercepted", 7),
        Noted("_instance", "class attribute = None", 4),
        Noted("instances", "class attribute = {}", 5),
        Noted("_manager", "module global behind get_a()", 8),
    )
    assert close("class A:\n    limit = 1").singleton == ()


def test_calls_that_hand_a_message_on_are_told() -> None:
    found = body(
        "await self.socket.send_json(m)",
        "self._emit(m)",
        "router.route(m)",
        "self.broadcast_all(m)",
        "send(m)",
        "self.sender.close()",
        "self.resend(m)",
    )
    assert sorted([(send.name, send.line) for send in found.sends], key=lambda send: send[1]) == [
        ("self.socket.send_json", 3),
        ("self._emit", 4),
        ("router.route", 5),
        ("self.broadcast_all", 6),
    ]


def emitted(*lines: str, name: str = "notify") -> list[EventFact]:
    source = f"class A:\n    async def {name}(self, run):\n" + "".join(f"        {line}\n" for line in lines)
    return list(close(source).emissions)


ENVELOPE = ("type", "run", "payload")
EMISSIONS = {
    "a message with its payload inside": (
        ["self.send({'type': 'agent_started', 'run': run, 'payload': {'name': n, 'at': t}})"],
        ENVELOPE,
        ("name", "at"),
    ),
    "a payload inside a dict whose type is added later": (
        ["data = {'name': n, 'payload': {'at': t}}", "self._emit('agent_started', data)"],
        ("name", "payload"),
        ("at",),
    ),
    "the same given straight to the call": (
        ["self._emit('agent_started', {'name': n, 'payload': {'at': t}})"],
        ("name", "payload"),
        ("at",),
    ),
    "a dict given straight that is the payload": (["self._emit('agent_started', {'name': n})"], (), ("name",)),
    "a payload of its own": (
        ["payload = {'name': n}", "self.send({'type': 'agent_started', 'run': run, 'payload': payload})"],
        ENVELOPE,
        ("name",),
    ),
    "an annotated payload": (
        ["data: dict = {'name': n}", "self.send({'event_type': 'agent_started', 'data': data})"],
        ("event_type", "data"),
        ("name",),
    ),
    "an attribute that holds the payload": (
        ["self.payload = {'name': n}", "self.send('agent_started', self.payload)"],
        (),
        ("name",),
    ),
    "a keyword": (["self.send(event='agent_started', payload={'name': n})"], (), ("name",)),
    "a dict beside the event": (["self.send('agent_started', {'name': n, **more, key: 1})"], (), ("name",)),
    "nothing written out": (["self.send('agent_started', make(n))"], (), ()),
    "a message given on": (["self.send('x', {'type': 'agent_started'})"], ("type",), ()),
    "a dict of something else": (["other = {'a': 1}", "f({'b': 1})", "self.send('agent_started')"], (), ()),
    "a payload that is no dict": (
        ["payload = make()", "self.send({'type': 'agent_started', 'payload': payload, **more})"],
        ("type", "payload"),
        (),
    ),
}


@pytest.mark.parametrize(("lines", "envelope", "payload"), EMISSIONS.values(), ids=EMISSIONS)
def test_an_event_is_told_with_its_keys(lines: list[str], envelope: tuple[str, ...], payload: tuple[str, ...]) -> None:
    assert emitted(*lines) == [EventFact("agent_started", "notify", 2, envelope, payload)]


def test_a_method_named_after_an_event_makes_it() -> None:
    assert [item.event for item in emitted("pass", name="notify_agent_started")] == ["agent_started"]
    assert [item.event for item in emitted("pass", name="send_Agent_Started")] == ["agent_started"]
    assert emitted("pass", name="agent_started_count") == []


def test_an_event_in_the_docstring_alone_is_none() -> None:
    assert emitted("'agent_started'") == []
    assert [item.event for item in emitted("'agent_started'", "x = 'agent_started'")] == ["agent_started"]


def test_several_events_of_one_method_come_sorted() -> None:
    found = emitted("self.send('tool_completed')", "self.send('agent_started')", "self.send('other')")
    assert [item.event for item in found] == ["agent_started", "tool_completed"]


def test_a_lock_of_the_class_body_is_told_and_a_plain_constant_is_not() -> None:
    found = close("""
        class A:
            lock = threading.Lock()
            limit = compute()
            other: asyncio.Lock = asyncio.Lock()
    """)
    assert [(item.name, item.value, item.line) for item in found.locks] == [
        ("threading.Lock", "the class body", 3),
        ("asyncio.Lock", "the class body", 5),
    ]


@pytest.mark.parametrize(
    ("method", "kept"),
    [
        ("@classmethod\n    def get(cls):\n        cls._one = cls()", ["_one"]),
        ("@staticmethod\n    def get():\n        A._one = A()", ["_one"]),
        ("@classmethod\n    def get(cls):\n        return cls()", []),
        ("@classmethod\n    def get(cls):\n        cls._one = make()", []),
        ("def get(self):\n        self._one = self.make()", []),
    ],
    ids=["kept by cls", "kept by name", "made and not kept", "another thing kept", "kept by the instance"],
)
def test_an_instance_that_a_method_makes_and_keeps_on_the_class(method: str, kept: list[str]) -> None:
    assert [item.name for item in close(f"class A:\n    {method}\n").singleton] == kept


def test_a_comparison_asks_for_an_event_and_sends_none() -> None:
    assert emitted("if self.last == 'agent_started' or run in ('a', 'b'): self.send({'type': 'pong'})") == []
    assert len(emitted("if run: self.send({'type': 'agent_started'})")) == 1


@pytest.mark.parametrize("verb", ["publish", "dispatch", "push", "notify_all", "deliver"])
def test_other_words_hand_a_message_on_too(verb: str) -> None:
    assert [send.name for send in body(f"self.bus.{verb}(m)").sends] == [f"self.bus.{verb}"]
