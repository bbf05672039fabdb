/* Tally: how often each number of eight bits comes. */

#include "parts.h"

enum { NUMBERS = 256, TABLES = 4 };

static PyObject *
tally_of(const unsigned char *numbers, Py_ssize_t count)
{
    /* One after the other counts in another table, so that none waits for the one before. */
    Py_ssize_t counts[TABLES][NUMBERS] = {{0}};
    for (Py_ssize_t i = 0; i < count; i++) {
        counts[i % TABLES][numbers[i]]++;
    }
    PyObject *all = PyDict_New();
    for (int number = 0; all != NULL && number < NUMBERS; number++) {
        Py_ssize_t total = 0;
        for (int i = 0; i < TABLES; i++) {
            total += counts[i][number];
        }
        if (total == 0) {
            continue;
        }
        PyObject *key = PyLong_FromLong(number), *value = PyLong_FromSsize_t(total);
        if (key == NULL || value == NULL || PyDict_SetItem(all, key, value) < 0) {
            Py_CLEAR(all);
        }
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    return all;
}

PyObject *
tally(PyObject *Py_UNUSED(module), PyObject *array)
{
    Py_buffer view;
    PyObject *all = NULL;
    if (array_of(array, &view, 0) == 0) {
        if (view.itemsize == 1 && *view.format == 'B') {
            all = tally_of(view.buf, view.len);
        } else {
            PyErr_SetString(PyExc_ValueError, "numbers have eight bits and no sign");
        }
    }
    PyBuffer_Release(&view);
    return all;
}
