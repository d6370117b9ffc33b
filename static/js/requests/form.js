/** The form for a new request: what it is made of, what shall be done, and how. */

import { offerFiles } from "../filedrop.js";

const find = (id) => document.getElementById(id);
const FORM = find("send");
const FITTING = JSON.parse(FORM.dataset.fitting);
const ROUTES = {
  compress: "compress", extract_audio: "extract-audio", transcribe: "transcribe", summarize: "summarize",
  to_text: "file-to-text",
};
// Where browsers do not say the type, or say another than the server will.
const ENDINGS = {
  video: "mkv mov avi mpg mpeg ts m2ts mts flv wmv", audio: "m4a flac opus oga wma", text: "md srt vtt csv log txt", pdf: "pdf",
};

export class RequestForm {
  #files = [];

  /** `start({files, link, order})` is called with what is to be begun; see `order` below. */
  constructor(start) {
    this.start = start;
    offerFiles((files) => this.#choose(files));
    find("link").addEventListener("input", () => this.#draw());
    find("unchoose").addEventListener("click", () => this.reset());
    FORM.addEventListener("change", ({ target }) => { if (target.name === "actions") this.#draw(); });
    FORM.addEventListener("submit", () => this.#submit());
    addEventListener("pageshow", () => this.#draw()); // browsers fill in what was there before
  }

  /** Begin anew: nothing is chosen. */
  reset() {
    this.#files = [];
    find("link").value = "";
    this.#draw();
  }

  /** Say what is wrong. */
  complain(words) {
    find("send-error").textContent = words;
    find("send-error").hidden = !words;
  }

  #choose(files) {
    if (!files.length) return;
    this.#files = files;
    find("link").value = "";
    this.#draw();
  }

  get #link() {
    return find("link").value.trim();
  }

  get #chosen() {
    return [...FORM.querySelectorAll("[name=actions]:checked")].map(({ value }) => value);
  }

  #draw() {
    const isChosen = this.#files.length > 0 || Boolean(this.#link);
    const fitting = isChosen ? this.#fitting() : [];
    this.complain("");
    find("sources").hidden = this.#files.length > 0;
    find("chosen").hidden = !this.#files.length;
    find("chosen-name").textContent = this.#files.map(({ name }) => name).join(", ");
    for (const wish of FORM.querySelectorAll(".wish")) {
      wish.hidden = !fitting.includes(wish.dataset.action);
      const box = wish.querySelector("[name=actions]");
      if (wish.hidden) box.checked = false;
      else if (fitting.length === 1) box.checked = true;
    }
    this.#drawHearing(fitting);
    find("wishes").hidden = !fitting.length;
    find("no-wish").hidden = !isChosen || fitting.length > 0;
    find("start-line").hidden = !fitting.length;
    find("start").disabled = !this.#chosen.length;
  }

  /** A summary of speech asks how to hear it, unless the text of it, which is asked for too, does. */
  #drawHearing(fitting) {
    const heard = find("heard");
    heard.hidden = !fitting.includes("transcribe") || this.#chosen.includes("transcribe");
    heard.closest("details").hidden = heard.hidden && !find("model");
  }

  /** The actions that all that was chosen can bear; of a link nobody knows what it leads to. */
  #fitting() {
    const all = Object.keys(ROUTES);
    if (this.#link) return all;
    const each = this.#files.map((file) => FITTING[typeOf(file)] ?? (typeOf(file) ? [] : all));
    return all.filter((action) => each.every((actions) => actions.includes(action)));
  }

  #submit() {
    const wrong = this.#wrongField();
    if (wrong) {
      for (let box = wrong; (box = box.parentElement?.closest("details")); ) box.open = true;
      wrong.reportValidity();
      return;
    }
    this.start({ files: this.#files, link: this.#link, order: order(this.#chosen) });
  }

  #wrongField() {
    return this.#chosen.flatMap((action) => fields(action)).find((field) => !field.checkValidity());
  }
}

/** A file's type, as the server calls them; "" where it cannot be told. */
function typeOf({ name, type }) {
  const ending = name.toLowerCase().split(".").pop();
  const byEnding = Object.keys(ENDINGS).find((each) => ENDINGS[each].split(" ").includes(ending));
  if (byEnding) return byEnding;
  const family = type.split("/")[0];
  return type === "application/pdf" ? "pdf" : family === "application" ? "" : family;
}

/** The settings of an action that are shown, or would be in a box that is opened. */
function fields(action) {
  const all = [...FORM.querySelectorAll(`[data-action="${action}"] [data-settings] [name]`)];
  return all.filter((field) => !field.closest("[hidden]"));
}

/** What to post and where: one action has a route of its own, several are a mix. */
function order(actions) {
  const config = {};
  for (const field of actions.flatMap((action) => fields(action))) put(config, field);
  if (actions.length > 1) return { route: "custom", data: { actions, config } };
  const [action] = actions;
  return { route: ROUTES[action], data: { config: action === "compress" ? config.ffmpeg : config } };
}

/** Write a field's value where its name says: `audio.bitrate` is `bitrate` in `audio`. */
function put(config, field) {
  const path = field.name.split(".");
  const last = path.pop();
  let group = config;
  for (const name of path) group = group[name] ??= {};
  if (field.type !== "checkbox") {
    group[last] = field.type === "number" || "number" in field.dataset ? Number(field.value) : field.value;
  } else if (field.checked) {
    (group[last] ??= []).push(field.value);
  }
}
