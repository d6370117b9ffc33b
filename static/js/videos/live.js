/** Going live: a stream is made, and its key is shown this once. */

import { call } from "../api.js";
import { askAndSend } from "../ask.js";
import { offerCopies } from "../copyonce.js";

const find = (id) => document.getElementById(id);

/** Ask for a stream's name, where there is live; `made(video)` gets what the server has made. */
export function offerLive(made) {
  const dialog = find("live-dialog");
  find("go-live")?.addEventListener("click", async () => {
    find("live-form").reset();
    const answer = await askAndSend(dialog, () => call("POST", "/api/v1/video/live", asked()));
    if (!answer) return;
    made(answer.video);
    find("live-key").replaceChildren(keyBox(answer.live));
  });
}

function asked() {
  return {
    name: find("live-name").value.trim(),
    replay: find("live-replay").checked,
    lowLatency: find("live-low").checked,
  };
}

function keyBox({ rtmpUrl, streamKey }) {
  const box = find("key-template").content.firstElementChild.cloneNode(true);
  box.querySelector("#rtmp-url").value = rtmpUrl;
  box.querySelector("#stream-key").value = streamKey;
  box.querySelector("[data-slot=close]").addEventListener("click", () => box.remove());
  offerCopies(box);
  return box;
}
