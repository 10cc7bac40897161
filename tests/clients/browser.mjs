// People at a real browser, against a running `edge serve`: every page, with a script and without, and what must hold
// of each. Prints a line for each flow; the first thing that does not hold ends it with an error.
//
// usage: browser.mjs '<the line that edge serve --json prints>' [folder for screenshots]

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const serving = JSON.parse(process.argv[2]);
const folder = process.argv[3];
const { authorization_server: auth, gateway, password } = serving;
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const CALLBACK = "http://127.0.0.1:51004/callback";

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});

/** A browser of its own, which remembers what its pages complained of. */
async function person({ script = true, scheme = "light", width = 1280 } = {}) {
  const context = await browser.newContext({
    javaScriptEnabled: script, colorScheme: scheme, viewport: { width, height: 900 }, serviceWorkers: "block",
    permissions: script ? ["clipboard-read", "clipboard-write"] : [],
  });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    // That an answer was a 4xx is for the test to judge.
    if (["error", "warning"].includes(message.type()) && !message.text().includes("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (![auth, gateway].includes(url.origin) && url.origin !== new URL(CALLBACK).origin) complaints.push(`went to ${url}`);
  });
  // Nothing listens there: the app is played here.
  await context.route(`${CALLBACK}**`, (route) => route.fulfill({ status: 200, contentType: "text/plain", body: "back" }));
  return { context, page, complaints, script, done: async () => { assert.deepEqual(complaints, []); await context.close(); } };
}

/** What holds of every page. */
async function sound(it, name) {
  const { page } = it;
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(width[0] <= width[1], `${name} scrolls sideways: ${width}`);
  if (it.script) {
    // Past the page's policy, which lets no foreign script in: in a world of its own.
    const session = await it.context.newCDPSession(page);
    const { frameTree } = await session.send("Page.getFrameTree");
    const { executionContextId: contextId } = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
    const { readFileSync } = await import("node:fs");
    await session.send("Runtime.evaluate", { expression: readFileSync(axe, "utf8"), contextId });
    const { result } = await session.send("Runtime.evaluate", {
      expression: `axe.run(document).then((all) => JSON.stringify(all.violations.map((it) =>
        [it.id, it.help, it.nodes.map((node) => node.html)])))`,
      contextId, awaitPromise: true,
    });
    assert.deepEqual(JSON.parse(result.value), [], `axe on ${name}`);
  }
}

/** The same at 320 px, by day and by night, with a picture of each where a folder is given. */
async function seen(it, name) {
  await sound(it, name);
  const { page } = it;
  const before = page.viewportSize();
  for (const [label, width] of [["wide", 1280], ["narrow", 320]]) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await sound(it, `${name}, ${label}, ${colorScheme}`);
      if (folder) await page.screenshot({ path: `${folder}/${name}-${label}-${colorScheme}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(before);
}

async function signIn(page, name, secret = password) {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function register(fields = {}) {
  const metadata = { redirect_uris: [CALLBACK], token_endpoint_auth_method: "none", client_name: "Nightly reports", ...fields };
  const answer = await fetch(`${auth}/register`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(metadata),
  });
  assert.equal(answer.status, 201, `${JSON.stringify(metadata)}: ${answer.status}`);
  return (await answer.json()).client_id;
}

/** An app's link to here, and what the app needs to know of it. */
function link(client, scope) {
  const verifier = randomBytes(32).toString("hex");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const query = new URLSearchParams({
    response_type: "code", client_id: client, redirect_uri: CALLBACK, code_challenge: challenge, code_challenge_method: "S256",
    scope, state: "xyz", resource: gateway,
  });
  return { url: `${auth}/authorize?${query}`, verifier };
}

/** What the app gets for its code. */
async function redeem(client, code, verifier) {
  const body = new URLSearchParams({ grant_type: "authorization_code", client_id: client, code, code_verifier: verifier, redirect_uri: CALLBACK });
  const answer = await fetch(`${auth}/token`, { method: "POST", body });
  assert.equal(answer.status, 200);
  return answer.json();
}

/** What the API says to a token. */
async function call(token) {
  return (await fetch(`${gateway}/v1/contacts`, { headers: { authorization: `Bearer ${token}` } })).status;
}

const back = (page) => page.waitForURL(`${CALLBACK}**`).then(() => new URL(page.url()).searchParams);

const flows = {
  async "sign-in and sign-out"(script) {
    const it = await person({ script });
    const { page } = it;
    await page.goto(`${auth}/account`);
    assert.ok(page.url().startsWith(`${auth}/sign-in`));
    await seen(it, "sign-in");
    await signIn(page, "acme-sales@example.com", "wrong");
    await page.getByRole("alert").getByText("not right").waitFor();
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "acme-sales@example.com");
    await seen(it, "sign-in-wrong");
    await signIn(page, "acme-sales@example.com");
    await page.waitForURL(`${auth}/account**`);
    await seen(it, "account");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "You are signed out" }).waitFor();
    await seen(it, "signed-out");
    await page.goto(`${auth}/account`);
    assert.ok(page.url().startsWith(`${auth}/sign-in`), "signed out is signed out");
    await it.done();
  },

  async "by keyboard alone"(script) {
    const it = await person({ script });
    const { page } = it;
    await page.goto(`${auth}/sign-in`);
    await page.keyboard.press("Tab");
    assert.equal(await page.locator(":focus").textContent(), "Skip to the content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type("acme-viewer@example.com");
    await page.keyboard.press("Tab");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${auth}/account**`);
    await it.done();
  },

  async "consent: approved, with fewer scopes"(script) {
    const it = await person({ script });
    const { page } = it;
    const client = await register();
    const { url, verifier } = link(client, "contact.read contact.delete deal.all task.all");
    await page.goto(url);
    await signIn(page, "acme-sales@example.com");
    await page.getByRole("heading", { name: "Allow Nightly reports to act for you?" }).waitFor();
    await page.getByText("Nobody has checked what it calls itself").waitFor();
    const scope = (name) => page.locator("label.scope", { has: page.locator(`input[value="${name}"]`) });
    assert.match(await scope("contact.read").textContent(), /See and search contacts\..*You can do this today/s);
    assert.match(await scope("contact.delete").textContent(), /Asked for, but your role does not allow it/);
    assert.match(await scope("task.all").textContent(), /only a part of it: task\.read, task\.write/);
    await seen(it, "consent");
    await scope("deal.all").getByRole("checkbox").uncheck();
    await page.getByRole("button", { name: "Allow" }).click();
    const answer = await back(page);
    assert.equal(answer.get("state"), "xyz");
    const tokens = await redeem(client, answer.get("code"), verifier);
    assert.deepEqual(tokens.scope.split(" ").sort(), ["contact.delete", "contact.read", "task.all"]);
    await page.goBack();
    await page.getByRole("heading", { name: "This page is good no more" }).waitFor();
    await seen(it, "expired");
    await it.done();
  },

  async "consent: denied"(script) {
    const it = await person({ script });
    const { page } = it;
    await page.goto(link(await register(), "contact.read").url);
    await signIn(page, "acme-viewer@example.com");
    await page.getByRole("button", { name: "Deny" }).click();
    assert.equal((await back(page)).get("error"), "access_denied");
    await it.done();
  },

  async "a token: made, tried, replaced, revoked"(script) {
    const it = await person({ script });
    const { page } = it;
    await page.goto(`${auth}/account`);
    await signIn(page, "acme-sales@example.com");
    await page.getByRole("heading", { name: "Access tokens" }).waitFor();
    await seen(it, "tokens");
    await page.getByRole("link", { name: "New token" }).click();
    await page.getByLabel("Name").fill("Reports <b>");
    await page.locator('input[value="contact.read"]').check();
    await page.locator('input[value="contact.delete"]').check();
    await page.getByLabel("30 days").check();
    await seen(it, "token-new");
    await page.getByRole("button", { name: "Make the token" }).click();
    await page.getByText("Copy its text now").waitFor();
    await seen(it, "token-made");
    const first = await page.locator("#token").textContent();
    const command = await page.locator("#command").textContent();
    assert.equal(command, `curl -i ${gateway}/v1/contacts -H 'Authorization: Bearer ${first}'`);
    assert.equal(await page.getByRole("button", { name: "Copy the token" }).isVisible(), script);
    if (script) {
      await page.getByRole("button", { name: "Copy the token" }).click();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), first);
    }
    assert.equal(await call(first), 200);
    await page.getByRole("link", { name: "I have kept it" }).click();
    const card = page.locator("li", { has: page.getByRole("heading", { name: "Reports <b>" }) }).first();
    assert.ok(!(await page.content()).includes(first), "its text is shown once");
    await card.getByRole("link", { name: "Replace" }).click();
    await page.getByLabel("Not at all").check();
    await seen(it, "token-rotate");
    await page.getByRole("button", { name: "Replace it" }).click();
    const second = await page.locator("#token").textContent();
    assert.deepEqual([await call(first), await call(second)], [401, 200], "the old one ends at once");
    await page.getByRole("link", { name: "I have kept it" }).click();
    await card.getByRole("link", { name: "Revoke" }).click();
    await seen(it, "token-revoke");
    await page.getByRole("button", { name: "Revoke it for good" }).click();
    await page.getByRole("heading", { name: "Access tokens" }).waitFor();
    assert.equal(await call(second), 401, "and on the next request, the gateway's cache notwithstanding");
    await seen(it, "tokens-over");
    await it.done();
  },

  async "an app is disconnected"(script) {
    const it = await person({ script });
    const { page } = it;
    const client = await register({ client_name: script ? "Mail merge" : "Mail merge (plain)" });
    const { url, verifier } = link(client, "contact.read");
    await page.goto(url);
    await signIn(page, "acme-viewer@example.com");
    await page.getByRole("button", { name: "Allow" }).click();
    const { access_token: token } = await redeem(client, (await back(page)).get("code"), verifier);
    assert.equal(await call(token), 200);
    await page.goto(`${auth}/account`);
    await page.getByRole("link", { name: "Connected apps" }).click();
    const card = page.locator("li", { has: page.getByRole("heading", { name: script ? "Mail merge" : "Mail merge (plain)" }) });
    await seen(it, "apps");
    await card.getByRole("button", { name: "Disconnect" }).click();
    await page.getByRole("heading", { name: "Disconnect Mail merge" }).waitFor();
    await seen(it, "app-end");
    await page.getByRole("button", { name: "Disconnect" }).click();
    await page.getByRole("heading", { name: "Connected apps" }).waitFor();
    assert.equal(await card.count(), 0);
    assert.equal(await call(token), 401);
    await it.done();
  },

  async "what may I do, why not, what happened"(script) {
    const it = await person({ script });
    const { page } = it;
    await page.goto(`${auth}/account`);
    await signIn(page, "acme-sales@example.com");
    await page.getByRole("link", { name: "What may I do?" }).click();
    const row = (name) => page.locator("tr", { has: page.locator("th code").getByText(name, { exact: true }) });
    assert.match(await row("contact.read").textContent(), /Yes.*role sales/s);
    assert.match(await row("contact.delete").textContent(), /No.*no role of yours grants it/s);
    assert.match(await row("note.delete").textContent(), /Yes.*granted note\.delete/s);
    assert.match(await row("task.delete").textContent(), /No.*taken from you: .*task\.delete/s);
    await seen(it, "rights");
    await page.getByRole("link", { name: "Why 403?" }).click();
    await page.getByLabel("Method").selectOption("DELETE");
    await page.getByLabel("Path").fill(`${gateway}/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e`);
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByText("your role does not allow it").waitFor();
    await seen(it, "why");
    await page.getByRole("link", { name: "Activity" }).click();
    await page.getByRole("heading", { name: "Activity" }).waitFor();
    await seen(it, "activity");
    await it.done();
  },

  async "a role is changed by an administrator"(script) {
    const [boss, user] = [await person({ script }), await person({ script })];
    const contact = `${gateway}/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e`;
    await user.page.goto(`${auth}/account`);
    await signIn(user.page, "acme-viewer@example.com");
    await user.page.getByRole("link", { name: "New token" }).click();
    await user.page.getByLabel("Name").fill("Notes");
    await user.page.locator('input[value="contact.write"]').check();
    await user.page.getByRole("button", { name: "Make the token" }).click();
    const token = await user.page.locator("#token").textContent();
    const change = async () =>
      (await fetch(contact, { method: "PATCH", headers: { authorization: `Bearer ${token}` } })).status;
    assert.equal(await change(), 403);
    const { page } = boss;
    await page.goto(`${auth}/account`);
    await signIn(page, "acme-admin@example.com");
    for (const [title, name] of [["Members", "members"], ["Everybody’s tokens", "everybody"], ["Roles", "roles"]]) {
      await page.getByRole("link", { name: title, exact: true }).click();
      await page.getByRole("heading", { name: title, exact: true }).waitFor();
      await seen(boss, name);
    }
    const role = async (granted) => {
      await page.getByRole("link", { name: /Look at it.*viewer/ }).click();
      await page.locator('input[value="contact.write"]').setChecked(granted);
      await page.getByRole("button", { name: "See what it comes to" }).click();
      await page.getByText("Whom it makes a difference to").waitFor();
    };
    await role(true);
    assert.match(await page.locator("table.list").textContent(), /usr_9b60d3e7f1284c5aa7d4c839[^]*contact\.write/);
    await seen(boss, "role");
    assert.equal(await change(), 403, "shown is not made");
    await page.getByRole("button", { name: "Save it" }).click();
    await page.getByRole("heading", { name: "Roles" }).waitFor();
    assert.equal(await change(), 200, "the next request");
    await user.page.goto(`${auth}/account`);
    await user.page.getByRole("link", { name: "What may I do?" }).click();
    const row = user.page.locator("tr", { has: user.page.locator("th code").getByText("contact.write", { exact: true }) });
    assert.match(await row.textContent(), /Yes[^]*role viewer/);
    await role(false);
    await page.getByRole("button", { name: "Save it" }).click();
    await page.getByRole("heading", { name: "Roles" }).waitFor();
    assert.equal(await change(), 403);
    await page.getByRole("link", { name: "Members", exact: true }).click();
    await page.getByRole("link", { name: /Look at it.*usr_9b60d3e7f1284c5aa7d4c839/ }).click();
    await seen(boss, "member");
    await page.getByRole("link", { name: "Members", exact: true }).click();
    await page.getByRole("link", { name: /Disable.*usr_1a4e7c90d2b54f3881c6e0a7/ }).click();
    await page.getByText("Nobody would be left").waitFor();
    await seen(boss, "member-end");
    await boss.done();
    await user.done();
  },

  async "an app's link that leads nowhere"(script) {
    const it = await person({ script });
    const { page } = it;
    await page.goto(`${auth}/authorize?client_id=app_unknown`);
    await page.getByRole("heading", { name: "This did not work" }).waitFor();
    await seen(it, "problem");
    await page.goto(`${auth}/nothing`);
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    await seen(it, "nowhere");
    await it.done();
  },
};

let failed = false;
for (const [name, flow] of Object.entries(flows)) {
  for (const script of [true, false]) {
    const label = `${name}${script ? "" : ", without script"}`;
    try {
      await flow(script);
      console.log(label);
    } catch (error) {
      console.error(`${label}: ${error.stack}`);
      failed = true;
    }
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
