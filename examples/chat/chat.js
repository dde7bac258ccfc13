// One user's page: it follows their agent runs live, and comes back by itself when the connection or the server goes.
//
//   connect ─▶ hello ─▶ live ─▶ lost ─▶ wait ─▶ connect ...
//
// What it holds on to:
// - `place`: the epoch and the number of the last message that was shown. With it a reconnect is sent what it missed.
// - `complete`: whether all that happened before this connection is shown. When it is not (a new page, or a server that
//   said `recovered: false`), the runs are read from the server once, after the hello, so that nothing falls between.
// - An event is shown once: its number drops repeats of one epoch, its run, type and step those between two epochs.
"use strict";
{
  const THREAD = "chat";
  const FIRST_WAIT = 500; // ms before the first try to come back; doubled each time, each with a random part
  const LONGEST_WAIT = 30_000; // ms
  const SILENCE = 120_000; // ms without a word from the server, which says something at least every 45 s
  const ENDS = { agent_completed: "done", agent_error: "failed" };
  const STATES = { working: "Working", done: "Done", failed: "Failed" };
  const CLOSED = { sessionOver: 3000, gap: 4000, tooManyTabs: 4009, restart: 1012 };

  const at = (id) => document.getElementById(id);
  let user = null;
  let place = { epoch: null, seq: 0 };
  let complete = false;
  let socket = null;
  let tries = 0;
  let waiting = 0; // the timer of the next try
  let listening = 0; // the timer of the silence

  // ── asking the server ──────────────────────────────────────────────────────────────────────────────────────────────

  // The answer as {ok, data}, or null when the server cannot be reached.
  async function request(method, path, body) {
    const json = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    try {
      const response = await fetch(path, { method, ...(body && json) });
      return { ok: response.ok, status: response.status, data: await response.json() };
    } catch {
      return null;
    }
  }

  // ── the connection ─────────────────────────────────────────────────────────────────────────────────────────────────

  async function connect() {
    leave();
    const mine = (socket = {}); // holds the place until there is a socket; whoever replaces it ends this try
    say("connecting", "Connecting");
    const session = await request("GET", "/session");
    if (socket !== mine) return;
    if (session === null || !session.ok) return comeBack(backOff());
    if (session.data.user === null) return signedOut();
    signedInAs(session.data.user);
    open();
  }

  function open() {
    const url = new URL("/ws", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("thread_id", THREAD);
    if (place.epoch !== null) url.searchParams.set("epoch", place.epoch);
    url.searchParams.set("last_seq", place.seq);
    const mine = (socket = new WebSocket(url));
    mine.onmessage = (frame) => mine === socket && receive(JSON.parse(frame.data));
    mine.onclose = (event) => mine === socket && lost(event);
  }

  // End the present connection, or the present try, whatever state it is in.
  function leave() {
    clearTimeout(waiting);
    clearTimeout(listening);
    const former = socket;
    socket = null;
    former?.close?.();
  }

  function lost({ code, reason }) {
    clearTimeout(listening);
    if (code === CLOSED.sessionOver) return connect(); // which finds out whether there is another session
    if (code === CLOSED.tooManyTabs) return say("stopped", "This page is open in too many tabs");
    comeBack(code === CLOSED.restart ? (retryAfter(reason) ?? backOff()) : backOff());
  }

  function comeBack(delay) {
    say("waiting", `Offline. Trying in ${Math.max(1, Math.round(delay / 1000))} s`, delay);
    waiting = setTimeout(connect, delay);
  }

  // Half of the wait is random, so that the pages that one server has lost do not come back all at once.
  function backOff() {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries++);
    return longest * (0.5 + Math.random() / 2);
  }

  // A server that restarts says when to come back: each page at another moment.
  function retryAfter(reason) {
    const seconds = /retry_after=(\d+(\.\d+)?)/.exec(reason)?.[1];
    return seconds === undefined ? undefined : Math.min(LONGEST_WAIT, seconds * 1000);
  }

  // ── what comes over it ─────────────────────────────────────────────────────────────────────────────────────────────

  function receive(message) {
    clearTimeout(listening);
    listening = setTimeout(connect, SILENCE);
    if (message.type === "hello") greet(message);
    else if (message.type === "ping") socket.send(JSON.stringify({ type: "pong", timestamp: message.timestamp }));
    else if (message.stream_seq > place.seq) follow(message);
  }

  function greet(hello) {
    tries = 0;
    if (!hello.recovered) {
      complete = false;
      moveTo({ epoch: hello.epoch, seq: hello.stream_seq });
    }
    say("live", "Live");
    if (!complete) readRuns();
  }

  function follow(message) {
    const before = message.stream_prev ?? message.stream_seq - 1;
    if (before > place.seq) return socket.close(CLOSED.gap, "a message is missing"); // the resume will bring it
    showEvent(message);
    moveTo({ epoch: place.epoch, seq: message.stream_seq });
  }

  async function readRuns() {
    const mine = socket;
    const answer = await request("GET", `/runs?thread_id=${encodeURIComponent(THREAD)}`);
    if (mine !== socket) return;
    if (!answer?.ok) return socket.close(CLOSED.gap, "the runs could not be read"); // and try again from the start
    answer.data.runs.forEach(showRun);
    complete = true;
  }

  function moveTo(there) {
    place = there;
    sessionStorage.setItem("place", JSON.stringify({ user, ...place }));
  }

  function rememberedPlace() {
    const kept = JSON.parse(sessionStorage.getItem("place"));
    return kept?.user === user ? { epoch: kept.epoch, seq: kept.seq } : { epoch: null, seq: 0 };
  }

  // ── who is signed in ───────────────────────────────────────────────────────────────────────────────────────────────

  function signedInAs(name) {
    if (name === user) return;
    forget();
    user = name;
    place = rememberedPlace();
    at("user").textContent = name;
    showPart(true);
    at("question").focus();
  }

  function signedOut() {
    forget();
    leave();
    sessionStorage.removeItem("place");
    say("signed-out", "");
    showPart(false);
    at("name").focus();
  }

  // Nothing of one user may be left for the next.
  function forget() {
    user = null;
    place = { epoch: null, seq: 0 };
    complete = false;
    at("runs").replaceChildren();
    at("nothing").hidden = false;
  }

  function showPart(signedIn) {
    at("log-in").hidden = signedIn;
    at("signed-in").hidden = at("account").hidden = !signedIn;
  }

  // ── what is shown ──────────────────────────────────────────────────────────────────────────────────────────────────

  function say(state, text, delay = 0) {
    document.body.dataset.connection = state;
    document.body.dataset.wait = Math.round(delay);
    at("connection-text").textContent = text;
    at("connect-now").hidden = state !== "waiting" && state !== "stopped";
  }

  function showRun({ run_id, question, events }) {
    cardOf(run_id, question);
    events.forEach(showEvent);
  }

  function showEvent(event) {
    if (event.run_id === undefined || event.step === undefined) return; // no event of a run
    const card = cardOf(event.run_id, event.payload.context?.question);
    const list = card.querySelector("ol");
    const shown = [...list.children];
    if (shown.some((item) => item.dataset.type === event.type && item.dataset.step === String(event.step))) return;
    const next = shown.find((item) => Number(item.dataset.step) > event.step) ?? null;
    list.insertBefore(itemOf(event), next);
    if (event.type in ENDS) setState(card, ENDS[event.type]);
  }

  function cardOf(runId, question) {
    const known = [...at("runs").children].find((card) => card.dataset.run === runId);
    const card = known ?? newCard(runId);
    if (question) card.querySelector("h3").textContent = question;
    return card;
  }

  function newCard(runId) {
    const card = at("run-card").content.firstElementChild.cloneNode(true);
    card.dataset.run = runId;
    at("runs").prepend(card);
    at("nothing").hidden = true;
    return card;
  }

  function setState(card, state) {
    card.dataset.state = state;
    card.querySelector(".state").textContent = STATES[state];
  }

  function itemOf(event) {
    const [title, text] = wording(event);
    const item = at("event-item").content.firstElementChild.cloneNode(true);
    item.dataset.type = event.type;
    item.dataset.step = event.step;
    item.querySelector("span").textContent = title;
    item.querySelector("p").textContent = text;
    const time = item.querySelector("time");
    time.dateTime = event.timestamp;
    time.textContent = new Date(event.timestamp).toLocaleTimeString();
    return item;
  }

  function wording({ type, payload }) {
    const words = {
      agent_started: () => ["Started", payload.message],
      agent_thinking: () => ["Thinking", payload.reasoning],
      tool_executing: () => ["Using a tool", payload.message],
      tool_completed: () => ["Tool finished", `Found ${payload.result?.found ?? "nothing"}`],
      agent_completed: () => ["Answer", payload.result?.answer ?? payload.message],
      agent_error: () => ["Failed", payload.error],
    };
    return words[type]?.() ?? [type, payload.message ?? ""];
  }

  // ── what the user does ─────────────────────────────────────────────────────────────────────────────────────────────

  function onSubmit(form, send) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (form.ariaBusy === "true") return; // the button stays enabled: a disabled one would lose the focus
      const problem = form.querySelector(".problem");
      problem.textContent = "";
      form.ariaBusy = "true";
      problem.textContent = (await send(new FormData(form))) ?? "";
      form.ariaBusy = "false";
    });
  }

  const UNREACHABLE = "The server cannot be reached. Please try again.";

  onSubmit(at("log-in"), async (fields) => {
    const answer = await request("POST", "/login", Object.fromEntries(fields));
    if (answer === null) return UNREACHABLE;
    if (!answer.ok) return answer.status === 401 ? answer.data.detail : "The server did not accept this.";
    at("log-in").reset();
    connect();
  });

  onSubmit(at("ask"), async (fields) => {
    const question = fields.get("question").trim();
    if (!question) return "Please write a question first.";
    const answer = await request("POST", "/runs", { question, thread_id: THREAD });
    if (answer === null) return UNREACHABLE;
    if (answer.status === 401) return connect();
    if (!answer.ok) return "The server did not accept this question.";
    at("ask").reset();
    cardOf(answer.data.run_id, answer.data.question);
  });

  at("log-out").addEventListener("click", async () => {
    const answer = await request("POST", "/logout");
    if (answer !== null) signedOut();
  });
  at("connect-now").addEventListener("click", connect);
  addEventListener("online", () => document.body.dataset.connection === "waiting" && connect());

  connect();
}
