// Whoever imports this has rooms whose states have tables.

import { OPERATIONS } from "./operation.js";
import { parts } from "./parts.js";
import * as rows from "./row_operations.js";
import { Table } from "./tables.js";

export { Rows } from "./rows.js";

parts.Table = Table;
OPERATIONS.push(rows.bring, rows.write, rows.part, rows.drop, rows.keep, rows.veil);
