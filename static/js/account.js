/** The page of one's own account: password, the way out everywhere, API tokens. */

import { call } from "./api.js";
import { TokenList } from "./apitokens.js";
import { ask } from "./ask.js";
import { onSend } from "./forms.js";
import { forgetUploads } from "./session.js";

const USERS = "/api/v1/users/";
const find = (id) => document.getElementById(id);

onSend(find("password"), async ({ old_password: before, new_password: after }) => {
  await call("POST", `${USERS}profile/password/`, { old_password: before, new_password: after });
  find("password").reset();
  return "The password is changed.";
});

onSend(find("everywhere"), async () => {
  if (!await ask(find("everywhere-dialog"))) return "";
  await call("POST", `${USERS}logout/`, { everywhere: true });
  forgetUploads();
  location.assign("/login/");
  return "";
});

const tokens = new TokenList();

onSend(find("new-token"), async ({ name }) => {
  tokens.made(await call("POST", `${USERS}tokens/`, { name: name.trim() }));
  find("new-token").reset();
  return "";
});

document.addEventListener("medialoom:signed-out", () => location.assign("/login/?next=/account/"));
await tokens.load();
