/* Writer: what Columns and Visits have in common. */

#include "parts.h"

PyObject *
writer_new(PyTypeObject *type, PyObject *arguments, PyObject *named, vectorcallfunc call)
{
    static char *names[] = {"member", "fields", NULL};
    PyObject *member, *fields;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "OO", names, &member, &fields)) {
        return NULL;
    }
    Writer *self = (Writer *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->call = call;
    self->member = Py_NewRef(member);
    self->fields = Py_NewRef(fields);
    if (slot_of(member, &self->slot) == 0) {
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

int
writer_traverse(Writer *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->member);
    Py_VISIT(self->fields);
    return 0;
}

void
writer_dealloc(Writer *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PyMem_Free(self->parts);
    Py_CLEAR(self->member);
    Py_CLEAR(self->fields);
    type->tp_free(self);
    Py_DECREF(type);
}

PyMemberDef writer_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Writer, call), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};
