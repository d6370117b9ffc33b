/** A request in plain words. */

const STATES = [["Waiting", "wait"], ["Running", "busy"], ["Done", "good"], ["Partly done", "wait"], ["Failed", "bad"]];
const ACTIONS = {
  compress: "Make smaller", extract_audio: "Sound only", transcribe: "Text of speech",
  summarize: "Summary", to_text: "Text in pictures",
};
const STAGES = {
  compress: "Making smaller", extract_audio: "Taking the sound", transcribe: "Listening",
  summarize: "Summarising", to_text: "Reading",
};
const CANCELED = "canceled_by_user";

/** Whether more is to come of a request by itself. */
export function busy({ status }) {
  return status === 0 || status === 1;
}

/** The state of a request, and the tone of its colour. */
export function stateWords({ status, error }) {
  if (status === 4 && error?.code === CANCELED) return ["Cancelled", ""];
  return STATES[status] ?? ["Gone", ""];
}

/** Why a request, or a stage of it, has failed; nothing for one that was cancelled. */
export function failure({ error }) {
  return error && error.code !== CANCELED ? error.message : "";
}

/** What was asked for. */
export function actionWords({ actions }) {
  return Object.keys(ACTIONS).filter((action) => actions.includes(action)).map((action) => ACTIONS[action]).join(", ");
}

/** What a stage does. */
export function stageWords(name, number) {
  return STAGES[name] ?? `Stage ${number}`;
}

/** Where a request waits, or how long it took. */
export function facts({ status, queuePosition, elapsedTime }) {
  if (status === 0 && queuePosition) return ` · place ${queuePosition} in the queue`;
  if (status === 1 || !elapsedTime) return "";
  const [minutes, seconds] = [Math.floor(elapsedTime / 60), elapsedTime % 60];
  return ` · took ${minutes ? `${minutes} min ` : ""}${seconds} s`;
}

/** What a request is called. */
export function nameOf({ filename }) {
  return filename || "A linked file";
}

/** The words of a refusal; the fields of a form stand in a list. */
export function refusalWords({ body, message }) {
  const detail = body?.detail;
  if (!Array.isArray(detail)) return message;
  return detail.map(({ loc = [], msg }) => `${loc.slice(2).join(" ")}: ${msg}`.replace(/^: /, "")).join(". ");
}
