/** One request on the page. */

import { localTimes } from "../times.js";
import { showResults } from "./results.js";
import { actionWords, busy, facts, failure, nameOf, stageWords, stateWords } from "./words.js";

const find = (id) => document.getElementById(id);

export class RequestCard {
  #request;
  #shownResults = "";

  /** `act(name, request)` is called when one of its buttons is pressed. */
  constructor(act) {
    this.item = find("request-template").content.firstElementChild.cloneNode(true);
    for (const button of this.item.querySelectorAll("[data-act]")) {
      button.addEventListener("click", () => act(button.dataset.act, this.#request, this));
    }
    this.#slot("results").addEventListener("toggle", () => this.#fillResults());
  }

  get createdAt() {
    return `${this.#request.createdAt} ${this.#request.rid}`;
  }

  /**
   * Show the request's present state. `stages` are their names and which of them were not made,
   * none where they are not known; `isNew` tells whether they were read in this very state.
   */
  show(request, stages, isNew) {
    this.#request = request;
    const [words, tone] = stateWords(request);
    this.item.id = request.rid;
    this.item.dataset.status = request.status;
    this.#slot("name").textContent = nameOf(request);
    this.#slot("state").textContent = words;
    this.#slot("state").dataset.tone = tone;
    this.#slot("actions").textContent = actionWords(request);
    this.#slot("facts").textContent = facts(request);
    this.item.querySelector("time").dateTime = request.createdAt;
    localTimes(this.item);
    this.#stages(request, stages, isNew);
    this.complain("");
    this.#act("cancel", busy(request));
    this.#act("retry", request.status === 3 || request.status === 4);
    this.#slot("results").hidden = !this.#hasResults;
    this.#fillResults();
  }

  /** Open the results. */
  open() {
    if (this.#hasResults) this.#slot("results").open = true;
  }

  /** Say what went wrong with an action, or with the request. */
  complain(message) {
    const words = message || failure(this.#request);
    this.#slot("error").textContent = words;
    this.#slot("error").hidden = !words;
  }

  get #hasResults() {
    return (this.#request.status === 2 || this.#request.status === 3) && this.#request.outputs.length > 0;
  }

  #act(name, isShown) {
    this.item.querySelector(`[data-act="${name}"]`).hidden = !isShown;
  }

  #fillResults() {
    const { rid, outputs, status } = this.#request;
    const key = `${rid} ${status} ${outputs}`;
    if (!this.#hasResults || !this.#slot("results").open || key === this.#shownResults) return;
    this.#shownResults = key;
    showResults(this.#slot("body"), this.#request);
  }

  /** Draw a bar for each stage while the work goes on, and where it has ended badly. */
  #stages(request, stages, isNew) {
    const { status, totalStages } = request;
    const isShown = status === 1 || ((status === 3 || status === 4) && totalStages > 0);
    const count = isShown ? Math.max(1, totalStages) : 0;
    const place = this.#slot("stages");
    while (place.children.length > count) place.lastElementChild.remove();
    while (place.children.length < count) {
      place.append(find("stage-template").content.firstElementChild.cloneNode(true));
    }
    [...place.children].forEach((line, index) => fillStage(line, request, stages?.[index], isNew, index + 1));
  }

  #slot(name) {
    return this.item.querySelector(`[data-slot="${name}"]`);
  }
}

function fillStage(line, request, stage, isNew, number) {
  const { curStage, totalStages, status } = request;
  const isNow = number === curStage && status !== 3;
  const end = badEnd(request, stage, number);
  const bar = line.querySelector("progress");
  const words = totalStages > 0 ? stageWords(stage?.name, number) : "Looking at the file";
  line.dataset.is = end === "failed" || end === "cancelled" ? "failed" : isNow && status === 1 ? "now" : "";
  line.querySelector('[data-slot="name"]').textContent = words;
  bar.setAttribute("aria-label", words);
  // What has ended is not called done before it is known what was skipped.
  const isUnsure = status !== 1 && !isNew;
  if (isNow) bar.value = request.pct;
  else bar.value = !end && !isUnsure && (number < curStage || status === 3) ? 100 : 0;
  line.querySelector('[data-slot="percent"]').textContent = end || (isUnsure ? "" : `${bar.value} %`);
}

/** Why a stage has not come to its end; nothing of one that has, or that still may. */
function badEnd({ curStage, error, status }, stage, number) {
  if (error?.stage === number) return error.code === "canceled_by_user" ? "cancelled" : "failed";
  if (status === 1 && number >= curStage) return "";
  if (stage?.unmade) return stage.unmade === "failed" ? "failed" : "not done";
  return status === 4 && number > curStage ? "not done" : "";
}
