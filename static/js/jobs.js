/** The page of jobs: every one of them moves while it is watched. */

import { call, isGone } from "./api.js";
import { connectionLine } from "./connection.js";
import { fill, finished } from "./jobcard.js";
import { LiveSocket } from "./socket.js";
import { localTimes } from "./times.js";

const JOBS = "/api/v1/jobs/";
const CHECK_MS = 20_000; // events are hints: unfinished jobs are read again now and then

const live = document.getElementById("live");
const done = document.getElementById("done");
const template = document.getElementById("job-template");
const said = document.getElementById("said");
const pageError = document.getElementById("page-error");

/** Show a job's state, unless a newer one is shown already. */
function show(job) {
  const known = document.getElementById(`job-${job.id}`);
  const card = known ?? template.content.firstElementChild.cloneNode(true);
  if (known && Number(known.dataset.revision) > job.revision) return;
  fill(card, job);
  const place = finished(job) ? done : live;
  if (card.parentElement === place) return;
  if (card.parentElement === live) said.textContent = words(card);
  place.prepend(card);
}

/** Whether "Load more" will bring a job: the server also tells again what ended a while ago. */
function comesLater(job) {
  if (!finished(job) || isShown(job) || !done.querySelector(".more")) return false;
  return Date.parse(job.created_at) <= Math.min(...[...done.querySelectorAll("time")].map(moment));
}

/** What a screen reader is told when a job ends. */
function words(card) {
  const slots = ["title", "subject", "status", "error"];
  return slots.map((name) => card.querySelector(`[data-slot="${name}"]`).textContent).filter(Boolean).join(", ");
}

/** Read the state anew: what is newest, and whatever this page still shows as under way. */
async function readAll() {
  const { results } = await call("GET", JOBS);
  const newest = Math.max(0, ...[...document.querySelectorAll(".job time")].map(moment));
  const isNew = (job) => !finished(job) || Date.parse(job.created_at) > newest;
  results.filter((job) => isShown(job) || isNew(job)).reverse().forEach(show);
  const listed = new Set(results.map(({ id }) => id));
  const left = [...live.children].map(({ dataset }) => dataset.job).filter((id) => !listed.has(id));
  await Promise.all(left.map(readOne));
}

async function readOne(id) {
  try {
    show(await call("GET", `${JOBS}${id}/`));
  } catch (error) {
    if (!isGone(error)) throw error;
    document.getElementById(`job-${id}`)?.remove();
  }
}

function moment(time) {
  return Date.parse(time.dateTime) || 0;
}

function isShown({ id }) {
  return document.getElementById(`job-${id}`) !== null;
}

/** Do something on behalf of a button, and say in words when it was refused. */
async function act(button, action) {
  button.disabled = true;
  pageError.hidden = true;
  try {
    show(await action());
  } catch (error) {
    pageError.textContent = error.message;
    pageError.hidden = false;
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-act]");
  if (!button) return;
  const { job } = button.closest(".job").dataset;
  act(button, () => call("POST", `${JOBS}${job}/${button.dataset.act}/`));
});

document.getElementById("test-job")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const params = { duration_s: 12, stages: 3, behaviour: event.target.behaviour.value };
  act(event.submitter, () => call("POST", JOBS, { kind: "core.selftest", params }));
});

/** Of a job that an event has shown and a page of older ones brings too, keep the newer card. */
function dropTwins() {
  const kept = new Map();
  for (const card of document.querySelectorAll(".job")) {
    const twin = kept.get(card.id);
    const older = twin && Number(twin.dataset.revision) > Number(card.dataset.revision) ? card : twin;
    older?.remove();
    if (older !== card) kept.set(card.id, card);
  }
}

document.addEventListener("htmx:load", ({ target }) => {
  dropTwins();
  localTimes(target.parentElement ?? target);
});

const socket = new LiveSocket("/ws/jobs/", {
  onFrame: (frame) => { if (frame.type === "job" && !comesLater(frame)) show(frame); },
  onOpen: () => readAll().catch(() => {}),
  poll: readAll,
  onState: connectionLine(),
});
localTimes();
socket.start();
setInterval(() => {
  if (socket.isOpen && live.children.length) readAll().catch(() => {});
}, CHECK_MS);
