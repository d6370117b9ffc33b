/**
 * What this page knows of each request, from answers of the API and frames of the socket.
 *
 * An answer may have been overtaken by frames: within a stage the per cent never falls. What
 * else is wrong for a moment is put right by the next frame, for nothing unfinished is forgotten.
 * A request that has gone does not come back with an answer that left before.
 */

export class RequestStore {
  #requests = new Map();
  #forgotten = new Set();

  /** `changed(request, before)` follows every change, `gone(rid)` the end of one. */
  constructor({ changed, gone }) {
    Object.assign(this, { changed, gone });
  }

  get(rid) {
    return this.#requests.get(rid);
  }

  get all() {
    return [...this.#requests.values()];
  }

  /** Take what the API or a `sync` says of a request; what it leaves out stays. */
  put(body) {
    if (this.#forgotten.has(body.rid)) return;
    const before = this.get(body.rid);
    const isSame = before?.status === body.status && before.curStage === body.curStage;
    const pct = isSame ? Math.max(before.pct, body.pct) : body.pct;
    this.#keep({ ...before, error: undefined, ...body, pct }, before);
  }

  /** Take a frame about a request that is known. */
  putFrame({ type, rid, status, curStage, pct, error }) {
    const before = this.get(rid);
    if (!before) return;
    if (type === "status" && status === 5) this.forget(rid);
    else if (type === "status" && status === 0) this.#keep({ ...before, status, curStage: -1, pct: 0, error }, before);
    else if (type === "status") this.#keep({ ...before, status, error }, before);
    else if (type === "stage") this.#keep({ ...before, status: 1, curStage, pct: 0 }, before);
    else if (type === "progress") this.#keep({ ...before, pct: Math.max(before.pct, pct) }, before);
  }

  forget(rid) {
    this.#forgotten.add(rid);
    if (this.#requests.delete(rid)) this.gone(rid);
  }

  #keep(request, before) {
    this.#requests.set(request.rid, request);
    this.changed(request, before);
  }
}
