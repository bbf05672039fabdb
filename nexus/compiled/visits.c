/* Visits: some fields of some States, in the format of `@colyseus/schema`. */

#include "parts.h"

/* Return how many bytes all marks take, or -1 with an exception. */
static Py_ssize_t
marks_size(const Writer *self, PyObject *states)
{
    Py_ssize_t size = 0;
    if (parts_fit(self->parts, self->count, &self->slot, states) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(states); i++) {
        PyObject *mark = slot_peek(&self->slot, PyList_GET_ITEM(states, i));
        if (mark == NULL || !PyBytes_Check(mark)) {
            PyErr_SetString(PyExc_TypeError, "a mark is bytes");
            return -1;
        }
        size += PyBytes_GET_SIZE(mark);
    }
    return size;
}

static PyObject *
visits_call(PyObject *callable, PyObject *const *arguments, size_t given,
            PyObject *named)
{
    const Writer *self = (Writer *)callable;
    if (PyVectorcall_NARGS(given) != 1 || named != NULL || !PyList_Check(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "Visits take a list of States");
        return NULL;
    }
    PyObject *states = arguments[0];
    Py_ssize_t count = PyList_GET_SIZE(states), size = marks_size(self, states);
    PyObject *out = NULL;
    if (size >= 0) {
        out = PyBytes_FromStringAndSize(NULL, size + count * self->width);
    }
    if (out == NULL) {
        return NULL;
    }
    char *at = PyBytes_AS_STRING(out);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *state = PyList_GET_ITEM(states, i);
        PyObject *mark = slot_peek(&self->slot, state);
        memcpy(at, PyBytes_AS_STRING(mark), (size_t)PyBytes_GET_SIZE(mark));
        at += PyBytes_GET_SIZE(mark);
        for (Py_ssize_t j = 0; j < self->count; j++) {
            const Part *part = &self->parts[j];
            *at++ = part->code;
            if (part_put(part, slot_peek(&part->slot, state), at) < 0) {
                Py_DECREF(out);
                return NULL;
            }
            at += part->width;
        }
    }
    return out;
}

static PyObject *
visits_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    return writer_new(type, arguments, named, visits_call);
}

static PyType_Slot visits_slots[] = {
    {Py_tp_doc, "Writes visits to States of which the same fields are told."},
    {Py_tp_new, visits_new},
    {Py_tp_dealloc, writer_dealloc},
    {Py_tp_traverse, writer_traverse},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_members, writer_members},
    {0, NULL},
};

PyType_Spec visits_spec = {
    .name = "nexus.compiled.parts.Visits",
    .basicsize = sizeof(Writer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = visits_slots,
};
