// oauth4webapi runs the whole flow against a running installation, knowing the address of the API alone. A person's
// browser is played by `fetch`.
//
// usage: node oauth4webapi_client.mjs API NAME PASSWORD TENANT

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto; // Node 18 has it under another name.
const oauth = await import("oauth4webapi");

const [API, NAME, PASSWORD, TENANT] = process.argv.slice(2);
const REDIRECT = "http://127.0.0.1:51004/callback";
const CONTACTS = new URL("/v1/contacts", API);
// It refuses plain http unless it is told that this is a test.
const options = { [oauth.allowInsecureRequests]: true };

/** A browser that keeps its cookie and shows where it is led. */
class Browser {
  cookie = "";

  async visit(url, fields) {
    const body = fields && new URLSearchParams(fields);
    const answer = await fetch(url, { method: body ? "POST" : "GET", body, headers: { cookie: this.cookie }, redirect: "manual" });
    assert.equal(answer.status, 303, await answer.text());
    for (const cookie of answer.headers.getSetCookie()) this.cookie = cookie.split(";")[0];
    return new URL(answer.headers.get("location"));
  }

  /** Follows the link, signs in, allows. */
  async allow(link, scopes) {
    const page = await this.visit(link);
    const request = page.searchParams.get("request");
    const consent = await this.visit(new URL("/sign-in", page), { request, name: NAME, password: PASSWORD });
    const chosen = scopes.map((scope) => ["scope", scope]);
    return this.visit(new URL("/consent", consent), [["request", request], ["tenant", TENANT], ["decision", "allow"], ...chosen]);
  }
}

async function challenged(call) {
  const refused = await call.then(() => assert.fail("it was let through"), (error) => error);
  assert.ok(refused instanceof oauth.WWWAuthenticateChallengeError, refused);
  assert.equal(refused.status, 401);
  return refused.cause[0];
}

// From the first refusal to the authorization server.
const { parameters } = await challenged(oauth.protectedResourceRequest("nothing", "GET", CONTACTS, undefined, undefined, options));
const resource = new URL(API);
const found = await fetch(parameters.resource_metadata);
const metadata = await oauth.processResourceDiscoveryResponse(resource, found);
const issuer = new URL(metadata.authorization_servers[0]);
const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...options }),
);

const proofs = {
  none: () => oauth.None(),
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
};

for (const method of server.token_endpoint_auth_methods_supported) {
  const registration = { redirect_uris: ["http://127.0.0.1/callback"], token_endpoint_auth_method: method };
  const client = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(server, registration, options),
  );
  const proof = proofs[method](client.client_secret);

  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const link = new URL(server.authorization_endpoint);
  link.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: "contact.read deal.read offline_access",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    resource: metadata.resource,
  });
  const answer = await new Browser().allow(link, ["contact.read", "deal.read"]);
  const accepted = oauth.validateAuthResponse(server, client, answer, state);

  const tokens = await oauth.processAuthorizationCodeResponse(
    server,
    client,
    await oauth.authorizationCodeGrantRequest(server, client, proof, accepted, REDIRECT, verifier, options),
  );
  assert.equal(tokens.scope, "contact.read deal.read");
  const call = (token) => oauth.protectedResourceRequest(token, "GET", CONTACTS, undefined, undefined, options);
  assert.equal((await call(tokens.access_token)).status, 200);

  const fresh = await oauth.processRefreshTokenResponse(
    server,
    client,
    await oauth.refreshTokenGrantRequest(server, client, proof, tokens.refresh_token, options),
  );
  assert.notEqual(fresh.refresh_token, tokens.refresh_token);
  assert.equal((await call(fresh.access_token)).status, 200);

  // A resource server of somebody else's reads it by RFC 9068, with the keys that are published.
  const request = new Request(CONTACTS, { headers: { authorization: `Bearer ${fresh.access_token}` } });
  const claims = await oauth.validateJwtAccessToken(server, request, metadata.resource, options);
  assert.equal(claims.business_id, TENANT);

  const revoked = await oauth.revocationRequest(server, client, proof, fresh.refresh_token, options);
  await oauth.processRevocationResponse(revoked);
  await challenged(call(fresh.access_token));
  console.log(method);
}
