/* What of Nexus is compiled. Python does all of it too, where it could not be. */

#include "parts.h"

static PyMethodDef functions[] = {
    {"begins", (PyCFunction)(void (*)(void))begins, METH_FASTCALL,
     "begins(cells, ends, wanted)\n--\n\n"
     "Find where the bodies of Cells begin, by those of all Cells, which ascend."},
    {"cut", (PyCFunction)(void (*)(void))cut, METH_FASTCALL,
     "cut(content, at, ends)\n--\n\n"
     "Put pieces of bytes together: where each starts and stops, after how many each "
     "part ends."},
    {"drift", drift, METH_VARARGS,
     "drift(values, does, rates, odd, span, top)\n--\n\n"
     "Let a need of many fall or rise by what each does, from 0 to a top."},
    {"gather", (PyCFunction)(void (*)(void))gather, METH_FASTCALL,
     "gather(bucket, dirty, id_, of_bucket)\n--\n\n"
     "Empty a bucket into groups of (mask, States, ids); None: there are too many."},
    {"mark", mark, METH_VARARGS,
     "mark(dirty, mask, rows, bits)\n--\n\n"
     "Note which fields of rows were written; return whether any was."},
    {"pick", (PyCFunction)(void (*)(void))pick, METH_FASTCALL,
     "pick(column, rows, out)\n--\n\n"
     "Write what a column holds at some rows into an array."},
    {"put", put, METH_VARARGS,
     "put(data, sent, rows, values, bits, bit, quantized)\n--\n\n"
     "Write values into rows of a column, and a bit for those that are to be told."},
    {"resettle", (PyCFunction)(void (*)(void))resettle, METH_FASTCALL,
     "resettle(rows, to, cells, places, starts, counts, order, tails, slots, ledger)\n"
     "--\n\n"
     "Put rows into other Cells; return how many found room, -1: something is wrong."},
    {"seal", (PyCFunction)(void (*)(void))seal, METH_FASTCALL,
     "seal(head, bodies)\n--\n\n"
     "Make the WebSocket frames of messages, each the head and one of the bodies."},
    {"ship", (PyCFunction)(void (*)(void))ship, METH_FASTCALL,
     "ship(doors, frames)\n--\n\n"
     "Give each frame to the kernel; return which did not go whole: where, how far."},
    {"sift", (PyCFunction)(void (*)(void))sift, METH_FASTCALL,
     "sift(cells, places, wanted, keys)\n--\n\n"
     "Write the Cells and places of rows in wanted Cells as keys; return how many."},
    {"speak", speak, METH_VARARGS,
     "speak(head, tail, weight, keys, ids, columns)\n--\n\n"
     "Write an operation for each Cell: the Cells, the sizes, and the bytes."},
    {"stamp", (PyCFunction)(void (*)(void))stamp, METH_FASTCALL,
     "stamp(array, places, number)\n--\n\n"
     "Write one number at some places of an array."},
    {"stint", (PyCFunction)(void (*)(void))stint, METH_FASTCALL,
     "stint(held, does, left, spent, going, rates, bounds, low, full)\n--\n\n"
     "Let many go on to the end of what each does, and note who got there in time."},
    {"strays", strays, METH_VARARGS,
     "strays(rows, x, y, cells, (x0, y0, side, columns, lines))\n--\n\n"
     "Part rows by whether they are in another Cell by now; None: one has no position."},
    {"tally", tally, METH_O,
     "tally(numbers)\n--\n\n"
     "Count how often each number of eight bits comes, by number, ascending."},
    {"walk", walk, METH_VARARGS,
     "walk(places, paces, span, beyond, homes, low, high)\n--\n\n"
     "Let many walk along an axis, and mark who is beyond the ground by that."},
    {"written", written, METH_VARARGS,
     "written(dirty, alive, mask, known)\n--\n\n"
     "Take rows that are dirty and alive: their indices, and the masks of their fields."},
    {NULL, NULL, 0, NULL},
};

static int
begin(PyObject *module)
{
    PyType_Spec *specs[] = {&property_spec, &columns_spec, &visits_spec};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        PyObject *type = PyType_FromModuleAndSpec(module, specs[i], NULL);
        if (type == NULL) {
            return -1;
        }
        int added = PyModule_AddType(module, (PyTypeObject *)type);
        Py_DECREF(type);
        if (added < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, begin},
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "nexus.compiled.parts",
    .m_doc = "What of Nexus is compiled.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_parts(void)
{
    return PyModuleDef_Init(&definition);
}
