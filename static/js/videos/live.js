/** Going live: a stream is made, and its key is shown this once. */

import { call } from "../api.js";
import { offerCopies } from "../copyonce.js";

const find = (id) => document.getElementById(id);

/** Ask for a stream's name, where there is live; `made(video)` gets what the server has made. */
export function offerLive(made) {
  const dialog = find("live-dialog");
  if (!dialog) return;
  find("go-live").addEventListener("click", () => {
    find("live-form").reset();
    find("live-error").hidden = true;
    dialog.showModal();
  });
  find("live-form").addEventListener("submit", async (event) => {
    if (event.submitter?.value !== "yes") return;
    event.preventDefault();
    try {
      const { video, live } = await call("POST", "/api/v1/video/live", asked());
      dialog.close();
      made(video);
      find("live-key").replaceChildren(keyBox(live));
    } catch (error) {
      find("live-error").textContent = error.message;
      find("live-error").hidden = false;
    }
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
