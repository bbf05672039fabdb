/* Columns: some fields of some States, as docs/protocol.md, 3, has them. */

#include "parts.h"

/* Read the ids of States; 0, or -1 with an exception. */
static int
read_ids(const Writer *self, PyObject *states, long long *ids)
{
    if (parts_fit(self->parts, self->count, &self->slot, states) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(states); i++) {
        PyObject *name = slot_peek(&self->slot, PyList_GET_ITEM(states, i));
        if (name == NULL) {
            slot_lacks();
            return -1;
        }
        /* Of anything else Python would be asked, which may change the list. */
        ids[i] = PyLong_CheckExact(name) ? PyLong_AsLongLong(name) : -1;
        if (ids[i] == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (ids[i] < 0 || (i > 0 && ids[i] <= ids[i - 1])) {
            PyErr_SetString(PyExc_ValueError, "ids ascend from 0");
            return -1;
        }
    }
    return 0;
}

/* Write ids and columns behind a head; NULL: exception. */
static char *
put_columns(const Writer *self, PyObject *states, const long long *ids, char *at)
{
    Py_ssize_t count = PyList_GET_SIZE(states);
    at = put_ids(at, ids, count);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        const Part *part = &self->parts[i];
        at = put_head(at, (size_t)(count * part->width));
        for (Py_ssize_t j = 0; j < count; j++) {
            PyObject *value = slot_peek(&part->slot, PyList_GET_ITEM(states, j));
            if (part_put(part, value, at) < 0) {
                return NULL;
            }
            at += part->width;
        }
    }
    return at;
}

static PyObject *
columns_call(PyObject *callable, PyObject *const *arguments, size_t given,
             PyObject *named)
{
    const Writer *self = (Writer *)callable;
    if (PyVectorcall_NARGS(given) != 2 || named != NULL || !PyBytes_Check(arguments[0])
        || !PyList_Check(arguments[1]) || PyList_GET_SIZE(arguments[1]) == 0) {
        PyErr_SetString(PyExc_TypeError, "Columns take a head and a list of States");
        return NULL;
    }
    PyObject *states = arguments[1], *out = NULL;
    Py_ssize_t count = PyList_GET_SIZE(states), head = PyBytes_GET_SIZE(arguments[0]);
    long long *ids = PyMem_Malloc((size_t)count * sizeof *ids);
    if (ids == NULL) {
        return PyErr_NoMemory();
    }
    if (read_ids(self, states, ids) == 0) {
        /* Ids: a head, a form, and at most nine bytes each. */
        Py_ssize_t size = head + 16 + count * 9;
        for (Py_ssize_t i = 0; i < self->count; i++) {
            size += 5 + count * self->parts[i].width;
        }
        out = PyBytes_FromStringAndSize(NULL, size);
    }
    if (out != NULL) {
        char *begin = PyBytes_AS_STRING(out);
        memcpy(begin, PyBytes_AS_STRING(arguments[0]), (size_t)head);
        char *end = put_columns(self, states, ids, begin + head);
        if (end == NULL) {
            Py_CLEAR(out);
        } else {
            _PyBytes_Resize(&out, end - begin);
        }
    }
    PyMem_Free(ids);
    return out;
}

static PyObject *
columns_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    return writer_new(type, arguments, named, columns_call);
}

static PyType_Slot columns_slots[] = {
    {Py_tp_doc, "Writes the ids and some fields of States, column by column."},
    {Py_tp_new, columns_new},
    {Py_tp_dealloc, writer_dealloc},
    {Py_tp_traverse, writer_traverse},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_members, writer_members},
    {0, NULL},
};

PyType_Spec columns_spec = {
    .name = "nexus.compiled.parts.Columns",
    .basicsize = sizeof(Writer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = columns_slots,
};
