import assert from "node:assert/strict";
import { test } from "node:test";

import { CloseCode, Protocol } from "@colyseus/sdk";

import * as codes from "../src/codes.js";

test("the numbers of the protocol are those that the SDK has", () => {
  for (const [name, code] of Object.entries(codes)) assert.equal(code, Reflect.get({ ...CloseCode, ...Protocol }, name), name);
});
