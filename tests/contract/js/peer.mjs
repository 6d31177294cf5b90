// Checkback envelopes, written a second time from docs/envelope.md, on another HPKE (npm @hpke/core with X-Wing).
// Reads a JSON list of things to do from standard input, writes the list of what came of each.

import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { Aes256Gcm, CipherSuite, HkdfSha256, XWing } from "./vendor/hpke.mjs";

const SUITE = "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM";
const ENC = 1120; // bytes of the X-Wing ciphertext, before the AES-GCM ciphertext
const SIGNATURE = 64;
const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
const unb64 = (text) => new Uint8Array(Buffer.from(text, "base64url"));
const join = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));

// RFC 8785: names in order, no spaces. Here all values are texts, null, one whole number, or such an object.
const canonical = (value) =>
  value !== null && typeof value === "object"
    ? `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`
    : JSON.stringify(value);

function bound(envelope) {
  const { sealed, ...outside } = envelope;
  return join(Buffer.from("checkback envelope v1\0"), Buffer.from(canonical(outside)));
}

const signPublic = (raw) => createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw }, format: "jwk" });
const signPrivate = (seed, raw) =>
  createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", d: seed, x: raw }, format: "jwk" });

async function hpkeOpen(sealed, seed, info) {
  const recipientKey = await suite.kem.deserializePrivateKey(unb64(seed));
  const recipient = await suite.createRecipientContext({ recipientKey, enc: sealed.slice(0, ENC), info });
  return new Uint8Array(await recipient.open(sealed.slice(ENC)));
}

async function hpkeSeal(inside, to, info) {
  const recipientPublicKey = await suite.kem.deserializePublicKey(unb64(to));
  const sender = await suite.createSenderContext({ recipientPublicKey, info });
  return join(new Uint8Array(sender.enc), new Uint8Array(await sender.seal(inside)));
}

const acts = {
  async open({ envelope, seed, signers }) {
    if (envelope.checkback !== 1 || envelope.suite !== SUITE) throw new Error("another version");
    const info = bound(envelope);
    const inside = await hpkeOpen(unb64(envelope.sealed), seed, info);
    if (envelope.signed_by === null && signers === null) return b64(inside);
    if (envelope.signed_by === null || signers === null) throw new Error("signed, or not, against the rule");
    const signer = signers[envelope.signed_by];
    if (signer === undefined) throw new Error("an unknown signer");
    const payload = inside.slice(SIGNATURE);
    if (!verify(null, join(info, payload), signPublic(signer), inside.slice(0, SIGNATURE))) {
      throw new Error("the signature does not fit");
    }
    return b64(payload);
  },

  async seal({ payload, to, to_kid, signer, context }) {
    const outside = { checkback: 1, suite: SUITE, to: to_kid, signed_by: signer?.kid ?? null, context };
    const info = bound(outside);
    const said = unb64(payload);
    const signature = signer ? sign(null, join(info, said), signPrivate(signer.private, signer.public)) : [];
    return { ...outside, sealed: b64(await hpkeSeal(join(signature, said), to, info)) };
  },

  async open_record({ record, seed, info }) {
    const bytes = unb64(record);
    const label = join(Buffer.from("checkback at rest v1\0"), unb64(info));
    return b64(await hpkeOpen(bytes.slice(12), seed, label));
  },
};

const asked = JSON.parse(readFileSync(0, "utf8"));
const came = [];
for (const { act, ...rest } of asked) {
  try {
    came.push({ done: await acts[act](rest) });
  } catch (fault) {
    came.push({ failed: String(fault.message || fault.name) });
  }
}
process.stdout.write(JSON.stringify(came));
