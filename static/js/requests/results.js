/** What has come of a request: players, texts, files to fetch. Texts are inserted as text. */

import { call } from "../api.js";
import { markdown } from "./markdown.js";

const SHOWN_MS = 2_000;
const FILES = {
  video: ["Video", "video/"], audio: ["Sound", "audio/"], srt: ["Subtitles (SRT)", "subtitles/?format=srt"],
  vtt: ["Subtitles (VTT)", "subtitles/?format=vtt"], all: ["Everything (zip)", ""],
};

/** Fill `place` with the results of a request. */
export function showResults(place, request) {
  const { rid, outputs } = request;
  place.replaceChildren();
  if (outputs.includes("video")) place.append(player("video", request));
  if (outputs.includes("audio")) place.append(player("audio", request));
  if (outputs.includes("summary")) place.append(textBox(rid, "summary", "Summary"));
  if (outputs.includes("text")) place.append(textBox(rid, "text", "Text"));
  place.append(files(request));
}

function address(rid, path) {
  return `/api/v1/download/${rid}/${path}`;
}

function hasSubtitles({ outputs, actions }) {
  return outputs.includes("text") && !actions.includes("to_text");
}

function player(kind, request) {
  const media = document.createElement(kind);
  Object.assign(media, { controls: true, preload: "metadata", src: address(request.rid, `${kind}/`) });
  if (kind === "video" && hasSubtitles(request)) {
    const track = document.createElement("track");
    Object.assign(track, { kind: "subtitles", label: "Text of speech", src: address(request.rid, FILES.vtt[1]) });
    media.append(track);
  }
  return media;
}

function files(request) {
  const line = document.createElement("p");
  line.className = "files";
  const shown = ["all", ...["video", "audio"].filter((name) => request.outputs.includes(name)), ...(hasSubtitles(request) ? ["srt", "vtt"] : [])];
  line.append(...shown.map((name) => {
    const link = document.createElement("a");
    Object.assign(link, { className: "button small", textContent: FILES[name][0], href: address(request.rid, FILES[name][1]) });
    link.download = "";
    return link;
  }));
  return line;
}

function textBox(rid, name, title) {
  const box = document.getElementById("text-template").content.firstElementChild.cloneNode(true);
  const slot = (slotName) => box.querySelector(`[data-slot="${slotName}"]`);
  const body = slot("text");
  slot("title").textContent = title;
  body.setAttribute("aria-label", title);
  slot("copy").hidden = true;
  fillText(rid, name, body).then((text) => {
    slot("copy").hidden = !text;
    slot("copy").addEventListener("click", () => copy(slot("copy"), text));
  });
  return box;
}

/** Read a text into its place; returns it, "" where it could not be read. */
async function fillText(rid, name, body) {
  body.textContent = "Loading…";
  try {
    const { content } = await call("GET", address(rid, `${name}/`));
    body.classList.toggle("is-plain", name === "text");
    body.replaceChildren(...(name === "summary" ? markdown(content) : [content]));
    return content;
  } catch (error) {
    body.textContent = error.message;
    return "";
  }
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed here";
  }
  setTimeout(() => { button.textContent = "Copy"; }, SHOWN_MS);
}
