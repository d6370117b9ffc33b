/** The pages of videos: the list, and one video, in one document. */

import { call, isGone } from "../api.js";
import { connectionLine } from "../connection.js";
import { offerFiles } from "../filedrop.js";
import { Sender } from "../sending.js";
import { LiveSocket } from "../socket.js";
import { VideoList } from "./list.js";
import { offerLive } from "./live.js";
import { VideoSheet } from "./sheet.js";
import { VideoStore } from "./store.js";
import { busy, failure, stateWords } from "./words.js";

const LIST = "/videos/";
const OPEN = /^\/videos\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/$/;
const NAME_CHARS = 120;
const SHOWN_MS = 6_000; // how long a sending that is complete stays in sight
const CHECK_MS = 20_000; // events are hints: what is unfinished is read again now and then
const find = (id) => document.getElementById(id);

const store = new VideoStore({ changed, gone, missed: readOne });
const list = new VideoList(store);
const sheet = new VideoSheet(readOne, (uuid) => store.forget(uuid));
const sender = new Sender({
  purpose: "video",
  metadata: ({ name }) => ({ name: stem(name) }),
  named: (sending, address) => { // it may play before all of it is sent
    const uuid = address.replace(/\/$/, "").split("/").pop();
    sending.lead(`${LIST}${uuid}/`);
    readOne(uuid);
  },
  done: (sending) => setTimeout(() => sending.leave(), SHOWN_MS),
});
const reading = new Set();
let isListed = false;

function changed(video, before) {
  list.put(video);
  if (video.uuid === sheet.uuid) sheet.show(video);
  if (before && busy(before) && !busy(video)) {
    find("said").textContent = `${video.name}: ${failure(video) || stateWords(video)[0]}`;
  }
}

function gone(uuid) {
  list.remove(uuid);
  if (uuid === sheet.uuid) goTo("");
}

/** Read one video; gone when it is not there any more. */
async function readOne(uuid) {
  if (!uuid || reading.has(uuid)) return;
  reading.add(uuid);
  try {
    store.putAnswer((await call("GET", `/api/v1/video/${uuid}`)).video);
  } catch (error) {
    if (isGone(error)) store.forget(uuid);
  } finally {
    reading.delete(uuid);
  }
}

/** Go to a video's address, or to the list's, without leaving the document. */
function goTo(uuid) {
  history.pushState(null, "", uuid ? `${LIST}${uuid}/` : LIST);
  route();
}

/** Show what the address names. */
async function route() {
  const uuid = OPEN.exec(location.pathname)?.[1] ?? "";
  sheet.open(uuid);
  find("overview").hidden = Boolean(uuid);
  find("sheet").hidden = !uuid;
  if (!uuid) {
    document.title = "Videos · Medialoom";
    if (!isListed) await list.load();
    isListed = true;
    return;
  }
  scrollTo(0, 0);
  const known = store.get(uuid);
  if (known) sheet.show(known);
  await readOne(uuid);
  find("video-name").focus({ preventScroll: true });
}

async function readAgain() {
  if (isListed) await list.readAgain();
  if (sheet.uuid) await readOne(sheet.uuid);
}

/** The name of a file without its ending, as long as a name may be. */
function stem(filename) {
  return [...(filename.replace(/\.[^.]+$/, "") || filename)].slice(0, NAME_CHARS).join("");
}

const socket = new LiveSocket("/ws/videos/", {
  onFrame: (frame) => store.putFrame(frame),
  onOpen: () => readAgain().catch(() => {}),
  poll: readAgain,
  onState: connectionLine(),
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button);
  const path = link?.getAttribute("href") ?? "";
  if (event.defaultPrevented || !isPlain || !(path === LIST || OPEN.test(path))) return;
  event.preventDefault();
  goTo(OPEN.exec(path)?.[1] ?? "");
});
addEventListener("popstate", route);

offerLive((video) => {
  store.putAnswer(video);
  goTo(video.uuid);
});
offerFiles((files) => sender.add(files));
sender.sayUnfinished();
await route();
socket.start();
setInterval(() => {
  if (socket.isOpen && sheet.uuid && busy(store.get(sheet.uuid) ?? { state: {} })) readOne(sheet.uuid);
}, CHECK_MS);
