/* Property: what reads and writes one field of a State.

   It does what is plain: a value that fits, written where no atomic stretch wants the
   old one back. All else goes to the setter in Python that it was given, which a
   property test holds equal to it. */

#include "parts.h"

typedef struct {
    PyObject_HEAD
    PyObject *members; /* keeps the owners of the slots */
    PyObject *bit;
    PyObject *write;
    PyObject *doc;
    Slot value, dirty, bucket, undo;
    Form form;
    long long mask;
    int optional;
} Property;

static PyObject *
property_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"slots", "bit", "form", "optional", "write", "doc", NULL};
    PyObject *members, *bit, *form, *write, *doc;
    int optional;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "O!O!OpOU:Property", names,
                                     &PyTuple_Type, &members, &PyLong_Type, &bit, &form,
                                     &optional, &write, &doc)) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(members) != 4) {
        PyErr_SetString(PyExc_ValueError, "slots are value, dirty, bucket and undo");
        return NULL;
    }
    Property *self = (Property *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->members = Py_NewRef(members);
    self->bit = Py_NewRef(bit);
    self->write = Py_NewRef(write);
    self->doc = Py_NewRef(doc);
    self->optional = optional;
    self->mask = PyLong_AsLongLong(bit);
    if ((self->mask == -1 && PyErr_Occurred())
        || slot_of(PyTuple_GET_ITEM(members, 0), &self->value) < 0
        || slot_of(PyTuple_GET_ITEM(members, 1), &self->dirty) < 0
        || slot_of(PyTuple_GET_ITEM(members, 2), &self->bucket) < 0
        || slot_of(PyTuple_GET_ITEM(members, 3), &self->undo) < 0
        || form_of(form, &self->form) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    if (!PyType_IsSubtype(self->undo.owner, &PyList_Type)) {
        PyErr_SetString(PyExc_TypeError, "undo is a slot of a list");
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int
property_traverse(Property *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->members);
    Py_VISIT(self->write);
    return 0;
}

static void
property_dealloc(Property *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->members);
    Py_CLEAR(self->bit);
    Py_CLEAR(self->write);
    Py_CLEAR(self->doc);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
property_get(Property *self, PyObject *state, PyObject *Py_UNUSED(type))
{
    return Py_XNewRef(state == NULL ? (PyObject *)self : slot_value(&self->value, state));
}

/* Whether to compare it runs no code of anybody's: then what is held stays what it is. */
static int
is_plain(PyObject *held)
{
    return held == Py_None || PyLong_CheckExact(held) || PyFloat_CheckExact(held)
           || PyUnicode_CheckExact(held) || PyBytes_CheckExact(held)
           || PyBool_Check(held);
}

/* Mark a State as written; 1, 0 when that is for Python to do, or -1. */
static int
property_mark(const Property *self, PyObject *state)
{
    PyObject **dirty = slot_at(&self->dirty, state);
    PyObject *bucket = slot_value(&self->bucket, state);
    if (dirty == NULL || bucket == NULL) {
        return -1;
    }
    if (!Py_IS_TYPE(bucket, self->undo.owner)
        || slot_value(&self->undo, bucket) != Py_None || *dirty == NULL
        || !PyLong_CheckExact(*dirty)) {
        PyErr_Clear();
        return 0;
    }
    int overflow;
    long long mask = PyLong_AsLongLongAndOverflow(*dirty, &overflow);
    if (overflow) {
        return 0;
    }
    if (mask == 0) {
        if (PyList_Append(bucket, state) < 0) {
            return -1;
        }
        Py_SETREF(*dirty, Py_NewRef(self->bit));
    } else if ((mask | self->mask) != mask) {
        PyObject *more = PyLong_FromLongLong(mask | self->mask);
        if (more == NULL) {
            return -1;
        }
        Py_SETREF(*dirty, more);
    }
    return 1;
}

static int
property_set(Property *self, PyObject *state, PyObject *value)
{
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "a field of a State cannot be deleted");
        return -1;
    }
    PyObject **held = slot_at(&self->value, state);
    PyObject *fit;
    if (held == NULL) {
        return -1;
    }
    if (value == Py_None && self->optional) {
        fit = Py_NewRef(value);
    } else if (form_fit(&self->form, value, &fit) < 0) {
        return -1;
    }
    if (fit != NULL && *held != NULL && is_plain(*held)) {
        int differs, marked = 0;
        if (PyFloat_CheckExact(fit) && PyFloat_CheckExact(*held)) {
            differs = PyFloat_AS_DOUBLE(fit) != PyFloat_AS_DOUBLE(*held);
        } else {
            differs = fit != *held ? PyObject_RichCompareBool(fit, *held, Py_NE) : 0;
        }
        if (differs > 0) {
            marked = property_mark(self, state);
            if (marked > 0) {
                Py_SETREF(*held, fit);
                return 0;
            }
        }
        if (differs <= 0 || marked < 0) {
            Py_DECREF(fit);
            return differs == 0 ? 0 : -1;
        }
    }
    Py_XDECREF(fit);
    PyObject *both[] = {state, value};
    PyObject *done = PyObject_Vectorcall(self->write, both, 2, NULL);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static PyMemberDef property_members[] = {
    {"__doc__", T_OBJECT, offsetof(Property, doc), READONLY, NULL},
    {"write", T_OBJECT_EX, offsetof(Property, write), READONLY,
     "What writes the field when there is more to do."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot property_slots[] = {
    {Py_tp_new, property_new},
    {Py_tp_dealloc, property_dealloc},
    {Py_tp_traverse, property_traverse},
    {Py_tp_descr_get, property_get},
    {Py_tp_descr_set, property_set},
    {Py_tp_members, property_members},
    {0, NULL},
};

PyType_Spec property_spec = {
    .name = "nexus.compiled.parts.Property",
    .basicsize = sizeof(Property),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = property_slots,
};
