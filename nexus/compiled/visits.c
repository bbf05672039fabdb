/* Visits: some fields of some States, in the format of `@colyseus/schema`. */

#include "parts.h"

typedef struct {
    PyObject_HEAD
    PyObject *fields; /* keeps the owners of the slots */
    PyObject *name;
    Slot mark;
    Part *parts;
    Py_ssize_t count;
    int width; /* of all fields, with what says which they are */
    vectorcallfunc call;
} Visits;

/* Return how many bytes all marks take, or -1 with an exception. */
static Py_ssize_t
marks_size(const Visits *self, PyObject *states)
{
    Py_ssize_t size = 0;
    if (parts_fit(self->parts, self->count, &self->mark, states) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(states); i++) {
        PyObject *mark = slot_peek(&self->mark, PyList_GET_ITEM(states, i));
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
    const Visits *self = (Visits *)callable;
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
        PyObject *mark = slot_peek(&self->mark, state);
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
    static char *names[] = {"mark", "fields", NULL};
    PyObject *name, *fields;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "OO:Visits", names, &name,
                                     &fields)) {
        return NULL;
    }
    Visits *self = (Visits *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->call = visits_call;
    self->name = Py_NewRef(name);
    self->fields = Py_NewRef(fields);
    if (slot_of(name, &self->mark) == 0) {
        self->parts = parts_of(fields, &self->count);
    }
    if (self->parts == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < self->count; i++) {
        self->width += 1 + self->parts[i].width;
    }
    return (PyObject *)self;
}

static int
visits_traverse(Visits *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->name);
    Py_VISIT(self->fields);
    return 0;
}

static void
visits_dealloc(Visits *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PyMem_Free(self->parts);
    Py_CLEAR(self->name);
    Py_CLEAR(self->fields);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef visits_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Visits, call), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot visits_slots[] = {
    {Py_tp_doc, "Writes visits to States of which the same fields are told."},
    {Py_tp_new, visits_new},
    {Py_tp_dealloc, visits_dealloc},
    {Py_tp_traverse, visits_traverse},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_members, visits_members},
    {0, NULL},
};

PyType_Spec visits_spec = {
    .name = "nexus.compiled.parts.Visits",
    .basicsize = sizeof(Visits),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = visits_slots,
};
