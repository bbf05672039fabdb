/* Sift: rows of which somebody wants to know, as keys of `nexus.wire.native.speech`. */

#include "parts.h"

typedef struct {
    Py_buffer cells, places, wanted, keys;
    int has_wanted;
} Sift;

#define EACH_ROW(TYPE)                                                                  \
    for (Py_ssize_t i = 0; i < count; i++) {                                            \
        long long cell = ((const TYPE *)self->cells.buf)[i];                            \
        if (cell < 0 || cell >= tiles) {                                                \
            PyErr_SetString(PyExc_IndexError, "there is no such Cell");                 \
            return -1;                                                                  \
        }                                                                               \
        /* The next one is written over it if it is none. */                            \
        keys[found] = (long long)((unsigned long long)cell << 32)                       \
                      | (places[i] & 0xFFFFFFFF);                                       \
        found += wanted == NULL || wanted[cell];                                        \
    }                                                                                   \
    return found

/* Write the keys; how many there are, or -1 with an exception. */
static Py_ssize_t
sift_all(const Sift *self)
{
    const long long *places = self->places.buf;
    const uint8_t *wanted = self->has_wanted ? self->wanted.buf : NULL;
    long long *keys = self->keys.buf, tiles = wanted ? self->wanted.len : INT32_MAX;
    Py_ssize_t count = self->places.len / 8, found = 0;
    if (self->cells.itemsize == 4) {
        EACH_ROW(int32_t);
    }
    EACH_ROW(long long);
}

static int
check(const Sift *self)
{
    Py_ssize_t count = self->places.len / 8;
    if (is_signed(&self->cells, 4) && is_signed(&self->places, 8)
        && is_signed(&self->keys, 8) && self->cells.len / self->cells.itemsize == count
        && self->keys.len / 8 == count
        && (!self->has_wanted || (is_whole(&self->wanted) && self->wanted.itemsize == 1))) {
        return 0;
    }
    PyErr_SetString(PyExc_ValueError, "the arrays of rows do not fit");
    return -1;
}

PyObject *
sift(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 4) {
        PyErr_SetString(PyExc_TypeError, "sift(cells, places, wanted, keys)");
        return NULL;
    }
    Sift self = {.has_wanted = arguments[2] != Py_None};
    Py_ssize_t found = -1;
    if (array_of(arguments[0], &self.cells, 0) == 0
        && array_of(arguments[1], &self.places, 0) == 0
        && (!self.has_wanted || array_of(arguments[2], &self.wanted, 0) == 0)
        && array_of(arguments[3], &self.keys, PyBUF_WRITABLE) == 0 && check(&self) == 0) {
        found = sift_all(&self);
    }
    PyBuffer_Release(&self.keys);
    PyBuffer_Release(&self.wanted);
    PyBuffer_Release(&self.places);
    PyBuffer_Release(&self.cells);
    return found < 0 ? NULL : PyLong_FromSsize_t(found);
}
