/* Cut: pieces of bytes, put together. */

#include "parts.h"

int
numbers_of(PyObject *array, Py_buffer *view, const long long **numbers,
           Py_ssize_t *count)
{
    if (PyObject_GetBuffer(array, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) {
        return -1;
    }
    if (view->itemsize != sizeof(long long) || (uintptr_t)view->buf % 8 != 0 || (*view->format != 'l' && *view->format != 'q')) {
        PyErr_SetString(PyExc_TypeError, "numbers have 64 bits and a sign");
        PyBuffer_Release(view);
        return -1;
    }
    *numbers = view->buf;
    *count = view->len / (Py_ssize_t)sizeof(long long);
    return 0;
}

/* Put together the pieces [start, stop) of one part; NULL: exception. */
static PyObject *
part_out(const char *content, Py_ssize_t length, const long long *at, long long pieces)
{
    long long size = 0;
    for (long long i = 0; i < 2 * pieces; i += 2) {
        if (at[i] < at[i + 1]) {
            if (at[i] < 0 || at[i + 1] > length) {
                PyErr_SetString(PyExc_ValueError, "a piece is not in the content");
                return NULL;
            }
            size += at[i + 1] - at[i];
        }
    }
    PyObject *out = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (out == NULL) {
        return NULL;
    }
    char *to = PyBytes_AS_STRING(out);
    for (long long i = 0; i < 2 * pieces; i += 2) {
        if (at[i] < at[i + 1]) {
            memcpy(to, content + at[i], (size_t)(at[i + 1] - at[i]));
            to += at[i + 1] - at[i];
        }
    }
    return out;
}

static PyObject *
parts_out(PyObject *content, const long long *at, Py_ssize_t pieces,
          const long long *ends, Py_ssize_t count)
{
    PyObject *parts = PyList_New(count);
    long long first = 0;
    for (Py_ssize_t i = 0; parts != NULL && i < count; i++) {
        PyObject *part = NULL;
        if (ends[i] < first || ends[i] > pieces) {
            PyErr_SetString(PyExc_ValueError, "the ends of parts ascend");
        } else {
            part = part_out(PyBytes_AS_STRING(content), PyBytes_GET_SIZE(content),
                            at + 2 * first, ends[i] - first);
        }
        if (part == NULL) {
            Py_CLEAR(parts);
            break;
        }
        PyList_SET_ITEM(parts, i, part);
        first = ends[i];
    }
    return parts;
}

PyObject *
cut(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    Py_buffer ats, lasts;
    const long long *at, *ends;
    Py_ssize_t pieces, parts;
    if (count != 3 || !PyBytes_Check(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "cut(content, at, ends)");
        return NULL;
    }
    if (numbers_of(arguments[1], &ats, &at, &pieces) < 0) {
        return NULL;
    }
    PyObject *out = NULL;
    if (numbers_of(arguments[2], &lasts, &ends, &parts) == 0) {
        out = parts_out(arguments[0], at, pieces / 2, ends, parts);
        PyBuffer_Release(&lasts);
    }
    PyBuffer_Release(&ats);
    return out;
}
