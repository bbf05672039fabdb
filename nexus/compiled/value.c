/* Slots of States, and what the values in them look like. */

#include "parts.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A fused operation would round once where Python rounds twice. */
#pragma STDC FP_CONTRACT OFF

int
slot_of(PyObject *member, Slot *slot)
{
    if (!Py_IS_TYPE(member, &PyMemberDescr_Type)
        || ((PyMemberDescrObject *)member)->d_member->type != T_OBJECT_EX
        || ((PyMemberDescrObject *)member)->d_member->flags != 0) {
        PyErr_Format(PyExc_TypeError, "%R is no slot", member);
        return -1;
    }
    slot->owner = PyDescr_TYPE(member);
    slot->offset = ((PyMemberDescrObject *)member)->d_member->offset;
    return 0;
}

void
slot_refuse(const Slot *slot, PyObject *object)
{
    PyErr_Format(PyExc_TypeError, "%s objects have no slot of %s", Py_TYPE(object)->tp_name,
                 slot->owner->tp_name);
}

void
slot_lacks(void)
{
    PyErr_SetString(PyExc_AttributeError, "a slot was never written");
}

PyObject *
slot_value(const Slot *slot, PyObject *object)
{
    PyObject **held = slot_at(slot, object);
    if (held != NULL && *held == NULL) {
        slot_lacks();
    }
    return held == NULL ? NULL : *held;
}

static const struct {
    const char *name;
    Shape shape;
} SHAPES[] = {
    {"any", ANY},         {"bool", BOOL},   {"int", INTEGER}, {"float32", FLOAT32},
    {"float64", FLOAT64}, {"number", NUMBER}, {"str", TEXT},  {"bytes", BYTES},
    {"quantized", QUANTIZED},
};

int
form_of(PyObject *said, Form *form)
{
    memset(form, 0, sizeof *form);
    PyObject *name = PyTuple_Check(said) && PyTuple_GET_SIZE(said) > 0
                         ? PyTuple_GET_ITEM(said, 0)
                         : NULL;
    if (name != NULL && PyUnicode_Check(name)) {
        for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
            if (PyUnicode_CompareWithASCIIString(name, SHAPES[i].name) != 0) {
                continue;
            }
            form->shape = SHAPES[i].shape;
            if (form->shape == INTEGER) {
                return PyArg_ParseTuple(said, "OLL", &name, &form->least, &form->most)
                           ? 0
                           : -1;
            }
            if (form->shape == QUANTIZED) {
                return PyArg_ParseTuple(said, "Oddddp", &name, &form->low, &form->high,
                                        &form->factor, &form->steps, &form->wraps)
                           ? (form->span = form->high - form->low, 0)
                           : -1;
            }
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError, "%R is no form", said);
    return -1;
}

double
form_step(const Form *form, double value)
{
    double off = value - form->low;
    if (form->wraps) {
        double share = fmod(off, form->span) / form->span;
        return fmod(floor(share * form->steps + 0.5), form->steps);
    }
    return floor(off * form->factor + 0.5);
}

static int
fit_float(double number, double rounded, PyObject *value, PyObject **fit)
{
    /* The negative zero equals the other one, and need not be what it is rounded to. */
    int is_same = rounded == number && number != 0.0;
    *fit = is_same ? Py_NewRef(value) : PyFloat_FromDouble(rounded);
    return *fit == NULL ? -1 : 0;
}

int
form_fit(const Form *form, PyObject *value, PyObject **fit)
{
    double number;
    int overflow;
    *fit = NULL;
    switch (form->shape) {
    case BOOL:
        if (PyBool_Check(value)) {
            *fit = Py_NewRef(value);
        }
        return 0;
    case INTEGER:
        if (PyLong_CheckExact(value)) {
            long long whole = PyLong_AsLongLongAndOverflow(value, &overflow);
            if (!overflow && whole >= form->least && whole <= form->most) {
                *fit = Py_NewRef(value);
            }
        }
        return 0;
    case NUMBER:
        if (PyLong_CheckExact(value)) {
            long long whole = PyLong_AsLongLongAndOverflow(value, &overflow);
            if (!overflow && whole >= -(1LL << 53) && whole <= 1LL << 53) {
                *fit = Py_NewRef(value);
            }
            return 0;
        }
        /* fall through */
    case FLOAT64:
        if (PyFloat_CheckExact(value) && isfinite(PyFloat_AS_DOUBLE(value))) {
            *fit = Py_NewRef(value);
        }
        return 0;
    case FLOAT32:
        if (PyFloat_CheckExact(value)) {
            number = PyFloat_AS_DOUBLE(value);
            /* Beyond these the cast is undefined, or rounds to an infinity. */
            if (number >= -3e38 && number <= 3e38) {
                return fit_float(number, (double)(float)number, value, fit);
            }
        }
        return 0;
    case TEXT:
        if (PyUnicode_CheckExact(value)
#if PY_VERSION_HEX < 0x030C0000
            && PyUnicode_IS_READY(value)
#endif
            && PyUnicode_IS_ASCII(value)) {
            *fit = Py_NewRef(value);
        }
        return 0;
    case BYTES:
        if (PyBytes_CheckExact(value)) {
            *fit = Py_NewRef(value);
        }
        return 0;
    case QUANTIZED:
        if (PyFloat_CheckExact(value)) {
            number = PyFloat_AS_DOUBLE(value);
            if (number >= form->low && number < form->high) {
                double share = form_step(form, number) / form->steps;
                return fit_float(number, form->low + share * form->span, value, fit);
            }
        }
        return 0;
    case ANY:
        return 0;
    }
    return 0;
}

int
part_of(PyObject *said, Part *part)
{
    static const char LETTERS[] = "?bBhHiIqQfd";
    static const int WIDTHS[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
    PyObject *member, *form;
    int letter, code;
    if (!PyTuple_Check(said)) {
        PyErr_SetString(PyExc_TypeError, "a field is (slot, letter, form, code)");
        return -1;
    }
    if (!PyArg_ParseTuple(said, "OCOi", &member, &letter, &form, &code)
        || slot_of(member, &part->slot) < 0 || form_of(form, &part->form) < 0) {
        return -1;
    }
    const char *found =
        letter < 128 ? memchr(LETTERS, letter, sizeof LETTERS - 1) : NULL;
    if (found == NULL) {
        PyErr_Format(PyExc_ValueError, "%c is no width", letter);
        return -1;
    }
    part->letter = (char)letter;
    part->code = (char)code;
    part->width = WIDTHS[found - LETTERS];
    return 0;
}

Part *
parts_of(PyObject *said, Py_ssize_t *count)
{
    if (!PyTuple_Check(said)) {
        PyErr_SetString(PyExc_TypeError, "fields are a tuple");
        return NULL;
    }
    *count = PyTuple_GET_SIZE(said);
    Part *parts = PyMem_Calloc((size_t)*count + 1, sizeof *parts);
    if (parts == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < *count; i++) {
        if (part_of(PyTuple_GET_ITEM(said, i), &parts[i]) < 0) {
            PyMem_Free(parts);
            return NULL;
        }
    }
    return parts;
}

int
parts_fit(const Part *parts, Py_ssize_t count, const Slot *slot, PyObject *states)
{
    PyTypeObject *known = NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(states); i++) {
        PyObject *state = PyList_GET_ITEM(states, i);
        if (Py_IS_TYPE(state, known)) {
            continue;
        }
        if (slot_at(slot, state) == NULL) {
            return -1;
        }
        for (Py_ssize_t j = 0; j < count; j++) {
            if (slot_at(&parts[j].slot, state) == NULL) {
                return -1;
            }
        }
        known = Py_TYPE(state);
    }
    return 0;
}

int
part_put(const Part *part, PyObject *value, char *at)
{
    unsigned long long bits;
    if (value == NULL) {
        slot_lacks();
        return -1;
    }
    if (PyFloat_CheckExact(value)) {
        double number = PyFloat_AS_DOUBLE(value);
        if (part->letter == 'd') {
            memcpy(&bits, &number, sizeof number);
        } else if (part->letter == 'f') {
            unsigned int few;
            float single;
            if (isfinite(number) && !(number >= -FLT_MAX && number <= FLT_MAX)) {
                goto refuse;
            }
            single = (float)number;
            memcpy(&few, &single, sizeof single);
            bits = few;
        } else if (part->form.shape == QUANTIZED) {
            double step = form_step(&part->form, number);
            if (!(step >= 0 && step <= part->form.steps)) {
                goto refuse;
            }
            bits = (unsigned long long)step;
        } else {
            goto refuse;
        }
    } else if (part->letter == '?' && PyBool_Check(value)) {
        bits = value == Py_True;
    } else if (PyLong_CheckExact(value) && part->letter != '?' && part->letter != 'f'
               && part->letter != 'd') {
        int is_signed = part->letter >= 'a', width = 8 * part->width - is_signed;
        long long whole = 0;
        if (part->letter == 'Q') {
            bits = PyLong_AsUnsignedLongLong(value);
        } else {
            whole = PyLong_AsLongLong(value);
            bits = (unsigned long long)whole;
        }
        if (bits == (unsigned long long)-1 && PyErr_Occurred()) {
            return -1;
        }
        if (width < 63
            && (whole >= 1LL << width || whole < (is_signed ? -(1LL << width) : 0))) {
            goto refuse;
        }
    } else {
        goto refuse;
    }
    put_bytes(at, bits, part->width);
    return 0;
refuse:
    PyErr_Format(PyExc_TypeError, "a %s is not written as %c", Py_TYPE(value)->tp_name,
                 part->letter);
    return -1;
}
