/** The form in which an edit is asked for: cut, intro, outro, watermark, in this order. */

import { askAndSend } from "../ask.js";

const find = (id) => document.getElementById(id);

/** Ask what to do and have `send(form)` send it; resolves to null when nothing was sent. */
export function askForEdit({ duration }, send) {
  find("edit-form").reset();
  find("cut-end").placeholder = String(duration);
  return askAndSend(find("edit-dialog"), () => {
    const tasks = chosen();
    if (!tasks.length) throw new Error("Choose what to do first.");
    return send(formOf(tasks));
  });
}

function chosen() {
  const cut = { start: find("cut-start").value.trim(), end: find("cut-end").value.trim() };
  const options = Object.fromEntries(Object.entries(cut).filter(([, value]) => value));
  const tasks = Object.keys(options).length ? [{ name: "cut", options }] : [];
  for (const id of ["intro", "outro", "watermark"]) {
    const [file] = find(id).files;
    if (file) tasks.push({ name: `add-${id}`, options: { file } });
  }
  return tasks;
}

function formOf(tasks) {
  const form = new FormData();
  tasks.forEach(({ name, options }, index) => {
    form.append(`tasks[${index}][name]`, name);
    for (const [option, value] of Object.entries(options)) {
      form.append(`tasks[${index}][options][${option}]`, value);
    }
  });
  return form;
}
