// What is bundled into hpke.mjs: the smallest part of the packages that opens and seals.
export { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
export { XWing } from "@hpke/hybridkem-x-wing";
