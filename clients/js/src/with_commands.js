// Whoever imports this can send commands to rooms.

import { parts } from "./parts.js";
import { makeVerdicts } from "./verdicts.js";

parts.makeVerdicts = makeVerdicts;
