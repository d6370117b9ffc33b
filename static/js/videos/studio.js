/** The form in which an edit is asked for: cut, intro, outro, watermark, in this order. */

import { ask } from "../ask.js";

const find = (id) => document.getElementById(id);

/** Ask what to do; resolves to the form for the server, or to null when nothing is wanted. */
export async function askForEdit({ duration }) {
  find("edit-form").reset();
  find("cut-end").placeholder = String(duration);
  if (!await ask(find("edit-dialog"))) return null;
  const tasks = chosen();
  return tasks.length ? formOf(tasks) : null;
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
