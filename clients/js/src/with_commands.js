// Whoever imports this can send commands to rooms.

import { parts } from "./parts.js";
import { Verdicts } from "./verdicts.js";

parts.Verdicts = Verdicts;
