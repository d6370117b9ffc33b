/** The jobs of the open video: who does them, how far they are, and what can be done. */

import { call } from "../api.js";
import { executor, jobAct, jobSize, jobState, jobType } from "./words.js";

const find = (id) => document.getElementById(id);

export class JobTable {
  #rows = new Map();

  /** `act(action)` does something on the server and says what was refused. */
  constructor(act) {
    this.place = find("jobs").querySelector("tbody");
    this.place.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-act]");
      if (!button) return;
      const { job } = button.closest("tr").dataset;
      act(() => call("POST", `/api/v1/jobs/${job}/${button.dataset.act}/`));
    });
  }

  /** Show these jobs and no others. */
  show(jobs) {
    const listed = new Set(jobs.map(({ uuid }) => uuid));
    for (const [uuid, row] of this.#rows) {
      if (!listed.has(uuid)) {
        row.remove();
        this.#rows.delete(uuid);
      }
    }
    for (const job of jobs) fill(this.#row(job), job);
    find("jobs").hidden = !jobs.length;
    find("no-jobs").hidden = Boolean(jobs.length);
  }

  #row({ uuid }) {
    if (!this.#rows.has(uuid)) {
      const row = find("job-template").content.firstElementChild.cloneNode(true);
      row.dataset.job = uuid;
      this.place.append(row);
      this.#rows.set(uuid, row);
    }
    return this.#rows.get(uuid);
  }
}

function fill(row, job) {
  const slot = (name) => row.querySelector(`[data-slot="${name}"]`);
  const [words, tone] = jobState(job);
  row.dataset.state = job.state.id;
  slot("type").textContent = jobType(job);
  slot("resolution").textContent = jobSize(job);
  slot("state").textContent = words;
  slot("state").dataset.tone = tone;
  slot("percent").textContent = job.progress === null ? "" : `${job.progress} %`;
  slot("error").textContent = job.error ?? "";
  slot("executor").textContent = executor(job) || "–";
  slot("failures").textContent = job.failures;
  slot("failures").classList.toggle("none", !job.failures); // on a phone what is nothing takes no line
  for (const button of row.querySelectorAll("[data-act]")) {
    button.hidden = button.dataset.act !== jobAct(job);
    button.setAttribute("aria-label", `${button.textContent}: ${jobType(job)} ${jobSize(job)}`);
  }
}
