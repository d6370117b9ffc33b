/** The page of requests: one form, one list, and one socket for all of it. */

import { call, isGone } from "../api.js";
import { ask } from "../ask.js";
import { connectionLine } from "../connection.js";
import { Sender } from "../sending.js";
import { LiveSocket } from "../socket.js";
import { RequestForm } from "./form.js";
import { RequestList } from "./list.js";
import { RequestStore } from "./store.js";
import { busy, failure, nameOf, refusalWords, stateWords } from "./words.js";

const API = "/api/v1";
const RID = /^[0-9a-f]{32}$/;
const NOBODY = "0".repeat(32);
const SYNC_MS = 2_000; // the server tells of progress seldom; whoever looks asks for it
const SYNCED_AT_ONCE = 20;
const CHECK_MS = 20_000; // events are hints: the list is read again now and then
const NEWS_MS = 200; // what is asked for at once is read at once
const NAMED_MS = 50; // questions for the names of stages are asked together
const [NOT_FOUND, IS_OVER] = [1, 2];
const find = (id) => document.getElementById(id);

const store = new RequestStore({ changed, gone });
const list = new RequestList(act);
const form = new RequestForm(start);
const sender = new Sender({ purpose: "file", metadata: () => ({}), done: sent });
const stages = new Map(); // each request's, and the state in which they were read
const unnamed = new Set();
const subscribed = new Set(); // on the socket of now
const heardOf = new Set(); // the jobs for which the list was read
let pagesShown = 0;
let news = null;

function changed(request, before) {
  show(request);
  if (busy(request)) watch(request.rid);
  const areNew = stages.get(request.rid)?.at === placeOf(request);
  if (request.totalStages > 0 && request.status !== 2 && !areNew) name(request.rid);
  if (!before || !busy(before) || busy(request)) return;
  subscribed.delete(request.rid);
  const words = failure(request) || stateWords(request)[0];
  find("said").textContent = `${nameOf(request)}: ${words}`;
  readOne(request.rid).then(() => list.card(request.rid)?.open());
}

function show(request) {
  const known = stages.get(request.rid);
  list.put(request, known?.stages, known?.at === placeOf(request));
}

/** Where a request stands: stages come to their ends, or are skipped, from one place to the next. */
function placeOf({ status, curStage }) {
  return `${status} ${curStage}`;
}

function gone(rid) {
  subscribed.delete(rid);
  list.remove(rid);
}

/** Subscribe, once a socket; `sync` says what was there before. */
function watch(rid) {
  if (!socket.isOpen || subscribed.has(rid)) return;
  subscribed.add(rid);
  socket.send({ type: "sub", rid });
  socket.send({ type: "sync", rid });
}

function heard({ type, seq, ts, ...frame }) {
  const { rid, code, status } = frame;
  if (type === "error") {
    subscribed.delete(rid);
    if (code === NOT_FOUND) store.forget(rid);
    else if (code === IS_OVER) readOne(rid);
  } else if (type !== "sync") {
    store.putFrame({ type, ...frame });
    if (type === "stage" && store.get(rid)?.totalStages < 1) socket.send({ type: "sync", rid });
  } else if (status === 5) {
    store.forget(rid);
  } else if (store.get(rid)) {
    store.put(frame);
  }
}

/** What is asked for elsewhere, in another window or by a command, is heard of as a job. */
function heardOfJob({ type, kind, id }) {
  if (type !== "job" || kind !== "media_api.request" || heardOf.has(id)) return;
  heardOf.add(id);
  news ??= setTimeout(() => {
    news = null;
    readPage(1).catch(() => {});
  }, NEWS_MS);
}

/** Read one request; gone when it is not there any more. */
async function readOne(rid) {
  try {
    store.put(await call("GET", `${API}/requests/${rid}/`));
  } catch (error) {
    if (isGone(error)) store.forget(rid);
  }
}

async function readPage(number) {
  const { results, next } = await call("GET", `${API}/requests/?page=${number}`);
  results.forEach((request) => store.put(request));
  if (number >= pagesShown) {
    pagesShown = number;
    find("more").hidden = !next;
  }
  find("list-error").hidden = true;
  list.nothing(!list.size);
  return new Set(results.map(({ rid }) => rid));
}

/** Read the state anew: the newest, and whatever is unfinished beyond them. */
async function readAgain() {
  const unfinished = store.all.filter(busy).map(({ rid }) => rid);
  const listed = await readPage(1);
  await Promise.all(unfinished.filter((rid) => !listed.has(rid)).map(readOne));
}

/** Ask for the names of a request's stages, together with others'. */
function name(rid) {
  if (!unnamed.size) setTimeout(askNames, NAMED_MS);
  unnamed.add(rid);
}

async function askNames() {
  const rids = [...unnamed];
  unnamed.clear();
  const places = new Map(rids.map((rid) => [rid, placeOf(store.get(rid) ?? {})]));
  const query = new URLSearchParams(rids.map((rid) => ["rid", rid]));
  const named = await call("GET", `/requests/stages/?${query}`).catch(() => null);
  for (const rid of rids) {
    if (!named?.[rid]?.length) continue;
    stages.set(rid, { at: places.get(rid), stages: named[rid] });
    if (store.get(rid)) show(store.get(rid));
  }
}

/** Begin what the form says: files are sent first. */
async function start({ files, link, order }) {
  if (!link) {
    sender.add(files, order);
    form.reset();
    return;
  }
  find("start").disabled = true;
  try {
    await submit(order, { url: link });
    form.reset();
  } catch (error) {
    form.complain(refusalWords(error));
  } finally {
    find("start").disabled = false;
  }
}

/** A file has arrived: ask for what was chosen. */
async function sent(sending, address) {
  const uploadId = address.replace(/\/$/, "").split("/").pop();
  try {
    await submit(sending.options, { uploadId });
    sending.leave();
  } catch (error) {
    sending.end(refusalWords(error));
    sending.item.querySelector('[data-slot="words"]').dataset.tone = "bad";
  }
}

/** Post a request, and show it; one that is made already is shown instead. */
async function submit({ route, data }, source) {
  let rid;
  try {
    ({ rid } = await call("POST", `${API}/${route}/`, { ...data, ...source }));
  } catch (error) {
    if (error.status !== 409) throw error;
    ({ rid } = error.body);
    find("said").textContent = "The same is being done already.";
  }
  await readOne(rid);
  list.lead(rid);
}

async function act(what, request, card) {
  const { rid } = request;
  try {
    if (what === "cancel") {
      await call("POST", `${API}/requests/${rid}/cancel/`);
      await readOne(rid);
    } else if (what === "retry") {
      const { rid: made } = await call("POST", `${API}/requests/${rid}/retry/`);
      await readOne(made);
      list.lead(made);
    } else {
      find("delete-name").textContent = nameOf(request);
      if (!await ask(find("delete-dialog"))) return;
      await call("DELETE", `${API}/requests/${rid}/`);
      store.forget(rid);
    }
  } catch (error) {
    if (isGone(error)) store.forget(rid);
    else card.complain(refusalWords(error));
  }
}

/** Show the request that the address names. */
async function leadThere() {
  const rid = location.hash.slice(1);
  if (!RID.test(rid)) return;
  if (!store.get(rid)) await readOne(rid);
  list.lead(rid);
}

async function attempt(action) {
  try {
    await action();
  } catch (error) {
    find("list-error").textContent = error.message;
    find("list-error").hidden = false;
  }
}

const socket = new LiveSocket(`${API}/status/ws/?extended=1`, {
  ping: { type: "sync", rid: NOBODY },
  onFrame: heard,
  onOpen: () => {
    subscribed.clear();
    store.all.filter(busy).forEach(({ rid }) => watch(rid));
    readAgain().catch(() => {});
  },
  poll: readAgain,
  onState: connectionLine(),
});

const jobs = new LiveSocket("/ws/jobs/", {
  onFrame: heardOfJob, onOpen() {}, poll: async () => {}, onState() {},
});

find("more").addEventListener("click", () => attempt(() => readPage(pagesShown + 1)));
addEventListener("hashchange", leadThere);
sender.sayUnfinished();
await attempt(() => readPage(1));
await leadThere();
socket.start();
jobs.start();
setInterval(() => {
  const unfinished = store.all.filter(busy).slice(0, SYNCED_AT_ONCE);
  unfinished.forEach(({ rid }) => socket.send({ type: "sync", rid }));
}, SYNC_MS);
function check() {
  if (socket.isOpen && !document.hidden) readAgain().catch(() => {});
}

setInterval(check, CHECK_MS);
document.addEventListener("visibilitychange", check);
