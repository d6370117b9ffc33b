/** The page of uploads. */

import { call } from "./api.js";
import { ask } from "./ask.js";
import { connectionLine } from "./connection.js";
import { offerLanguages, readOptions, writeOptions } from "./ocroptions.js";
import { LiveSocket } from "./socket.js";
import { UploadCatalogue } from "./uploadcatalogue.js";
import { Sender } from "./uploadsend.js";
import { UploadSheet, address } from "./uploadsheet.js";
import { UploadStore } from "./uploadstore.js";
import { busy, failure } from "./words.js";

const find = (id) => document.getElementById(id);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const store = new UploadStore({ changed, missed: (id) => catalogue.readOne(id) });
const catalogue = new UploadCatalogue(store, gone);
const sheet = new UploadSheet({ cancel, again, save, remove });
const sender = new Sender(find("sending"), find("sending-template"), arrived);

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

async function remove(upload) {
  find("delete-name").textContent = upload.filename || "This file";
  if (!await ask(find("delete-dialog"))) return;
  if (await attempt(() => call("DELETE", address(upload)))) gone(upload.id);
}

function heard(frame) {
  if (frame.type === "Upload.deleted") gone(frame.instance_id);
  else if (frame.instance) store.putInstance(frame.instance);
  else if (frame.type === "Upload.status" && frame.id && "run" in frame) store.putFrame(frame);
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

find("files").addEventListener("change", ({ target }) => {
  send([...target.files]);
  target.value = "";
});
find("send").addEventListener("submit", (event) => event.preventDefault());
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("is-dropping");
});
addEventListener("dragleave", ({ relatedTarget }) => {
  if (!relatedTarget) document.body.classList.remove("is-dropping");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("is-dropping");
  send([...event.dataTransfer.files]);
});
addEventListener("paste", ({ clipboardData }) => send([...clipboardData.files]));
addEventListener("hashchange", open);

call("GET", "/api/v1/core/languages/").then(({ installed }) => offerLanguages(installed), () => {});
await catalogue.load();
await open();
socket.start();
