/* Stamp: one number, written at some places of an array. */

#include "parts.h"

#define EACH_PLACE(TYPE)                                                                \
    do {                                                                                \
        const TYPE *at = places->buf;                                                   \
        for (Py_ssize_t i = 0; i < count; i++) {                                        \
            if (i + AHEAD < count) {                                                    \
                expect_write(place_of(to, at[i + AHEAD], sizeof *to));                  \
            }                                                                           \
            /* As elsewhere in Python, -1 is the last one. */                           \
            long long place = at[i] < 0 ? at[i] + length : at[i];                       \
            if (place < 0 || place >= length) {                                         \
                return refuse_row();                                                    \
            }                                                                           \
            to[place] = number;                                                         \
        }                                                                               \
        return 0;                                                                       \
    } while (0)

static int
write_all(const Py_buffer *array, const Py_buffer *places, long long number)
{
    long long *to = array->buf, length = array->len / 8;
    Py_ssize_t count = places->len / places->itemsize;
    if (places->itemsize == 4) {
        EACH_PLACE(int32_t);
    }
    EACH_PLACE(long long);
}

PyObject *
stamp(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 3) {
        PyErr_SetString(PyExc_TypeError, "stamp(array, places, number)");
        return NULL;
    }
    long long number = PyLong_AsLongLong(arguments[2]);
    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Py_buffer array, places;
    PyObject *done = NULL;
    if (array_of(arguments[0], &array, PyBUF_WRITABLE) == 0) {
        if (array_of(arguments[1], &places, 0) == 0) {
            if (!is_signed(&array, 8) || !is_signed(&places, 4)) {
                PyErr_SetString(PyExc_ValueError, "numbers have 64 bits and a sign");
            } else if (write_all(&array, &places, number) == 0) {
                done = Py_NewRef(Py_None);
            }
        }
        PyBuffer_Release(&places);
    }
    PyBuffer_Release(&array);
    return done;
}
