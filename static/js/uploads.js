/** The page of uploads. */

import { call } from "./api.js";
import { ask } from "./ask.js";
import { connectionLine } from "./connection.js";
import { offerFiles } from "./filedrop.js";
import { offerLanguages, readOptions, writeOptions } from "./ocroptions.js";
import { Sender } from "./sending.js";
import { LiveSocket } from "./socket.js";
import { UploadCatalogue } from "./uploadcatalogue.js";
import { UploadSheet, address } from "./uploadsheet.js";
import { UploadStore } from "./uploadstore.js";
import { busy, failure } from "./words.js";

const find = (id) => document.getElementById(id);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const store = new UploadStore({ changed, missed: (id) => catalogue.readOne(id) });
const catalogue = new UploadCatalogue(store, gone);
const sheet = new UploadSheet({ cancel, again, save, remove, ask: question });
const sender = new Sender({
  purpose: "upload",
  metadata: (_file, options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null)),
  done: (sending, resource) => sent(sending, resource).catch(() => sending.leave()), // the list has it
});

/** Show what a file has become; the server keeps each content once. */
async function sent(sending, resource) {
  const upload = await call("GET", resource);
  const isOld = isOlder(upload, sending);
  arrived(upload);
  if (!isOld) return sending.leave();
  const differs = upload.status === "processed"
    && ["ocr_mode", "output_format"].some((name) => upload[name] !== sending.options[name]);
  sending.end("You have this file already, so it was not stored again."
    + (differs ? " Its text was read with other options; “Read again” uses these." : ""));
  sending.lead(`#${upload.id}`);
}

/** Whether it was there before it was sent; the server's clock tells whole seconds only. */
function isOlder(upload, sending) {
  const wasSeen = store.get(upload.id)?.seenAt < sending.startedAt;
  return wasSeen || Date.parse(upload.created_at) < sending.begunAt;
}

/** A new file opens itself, so that its text is seen to grow; never in the place of another. */
function arrived(upload) {
  store.putInstance(upload);
  if (!catalogue.openId && busy(upload)) location.hash = upload.id;
}

function changed(upload, before) {
  catalogue.put(upload);
  if (upload.id === catalogue.openId) sheet.show(upload);
  if (before && busy(before) && !busy(upload)) {
    find("said").textContent = `${upload.filename}: ${failure(upload) || "the text is complete."}`;
  }
}

function gone(id) {
  const upload = store.get(id);
  if (upload) sheet.text.forget(upload);
  store.remove(id);
  catalogue.remove(id);
  if (id === catalogue.openId) location.hash = "";
}

/** Open the upload that the address names; the browser's own back button closes it. */
async function open() {
  const id = location.hash.slice(1);
  if (id && !UUID.test(id)) return; // the skip link
  catalogue.mark(id);
  const known = store.get(id);
  if (known) sheet.show(known);
  if (id && (!known || busy(known))) await catalogue.readOne(id); // lists have no text so far
  if (id !== catalogue.openId) return;
  const upload = store.get(id) ?? null;
  sheet.show(upload);
  if (upload && getComputedStyle(document.querySelector(".side")).display === "none") {
    scrollTo(0, 0);
    find("sheet-name").focus();
  }
}

/** Do something on the server and show the answer; returns whether it was done. */
async function attempt(action) {
  sheet.complain("");
  try {
    const upload = await action();
    if (upload?.id) store.putInstance(upload);
    return true;
  } catch (error) {
    sheet.complain(error.message);
    return false;
  }
}

function cancel(upload) {
  attempt(() => call("POST", `${address(upload)}cancel/`));
}

function save(upload, field, value) {
  return attempt(() => call("PATCH", address(upload), { [field]: value }));
}

async function again(upload) {
  const form = find("again-dialog").querySelector("form");
  writeOptions(form, upload);
  if (!await ask(find("again-dialog"))) return;
  sheet.text.forget(upload);
  attempt(() => call("POST", `${address(upload)}reprocess/`, readOptions(form)));
}

/** Ask about the text; returns what is wrong, if anything is. */
async function question(upload, words) {
  try {
    store.putInstance(await call("POST", `${address(upload)}question/`, { question: words }));
    return "";
  } catch (error) {
    return error.message;
  }
}

async function remove(upload) {
  find("delete-name").textContent = upload.filename || "This file";
  if (!await ask(find("delete-dialog"))) return;
  if (await attempt(() => call("DELETE", address(upload)))) gone(upload.id);
}

function heard(frame) {
  if (frame.type === "Upload.deleted") gone(frame.instance_id);
  else if (frame.instance) store.putInstance(frame.instance);
  else if (frame.type === "Upload.status" && frame.id && "run" in frame) store.putFrame(frame);
  else if (frame.type === "Upload.status" && "question" in frame) sheet.questions.hear(frame);
}

const socket = new LiveSocket("/ws/core/upload/", {
  onFrame: heard,
  onOpen: () => {
    socket.send({ type: "subscribe", stream: "delta" });
    catalogue.readAgain().catch(() => {});
  },
  poll: () => catalogue.readAgain(),
  onState: connectionLine(),
});

function send(files) {
  sender.add(files, readOptions(find("send")));
}

offerFiles(send);
addEventListener("paste", ({ clipboardData }) => send([...clipboardData.files]));
addEventListener("hashchange", open);
sender.sayUnfinished();

call("GET", "/api/v1/core/languages/").then(({ installed }) => offerLanguages(installed), () => {});
await catalogue.load();
await open();
socket.start();
