/* Arrays that Python gives: what they are is looked at before they are used. */

#include "parts.h"

int
array_of(PyObject *array, Py_buffer *view, int flags)
{
    if (PyObject_GetBuffer(array, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags) < 0) {
        /* So it may be released all the same. */
        view->obj = NULL;
        return -1;
    }
    return 0;
}

int
numbers_of(PyObject *array, Py_buffer *view, const long long **numbers,
           Py_ssize_t *count)
{
    if (array_of(array, view, 0) < 0) {
        return -1;
    }
    if (view->itemsize != sizeof(long long) || (uintptr_t)view->buf % 8 != 0
        || (*view->format != 'l' && *view->format != 'q')) {
        PyErr_SetString(PyExc_TypeError, "numbers have 64 bits and a sign");
        PyBuffer_Release(view);
        return -1;
    }
    *numbers = view->buf;
    *count = view->len / (Py_ssize_t)sizeof(long long);
    return 0;
}

int
is_whole(const Py_buffer *view)
{
    return is_numbers(view, 8) && strchr("efd", *view->format) == NULL;
}

int
is_signed(const Py_buffer *view, Py_ssize_t least)
{
    return is_whole(view) && view->itemsize >= least
           && strchr("ilq", *view->format) != NULL;
}

int
is_numbers(const Py_buffer *view, Py_ssize_t most)
{
    Py_ssize_t width = view->itemsize;
    return (width == 1 || width == 2 || width == 4 || width == 8) && width <= most
           && view->format[0] != 0 && strchr("bBhHiIlLqQ?efd", *view->format) != NULL
           && view->format[1] == 0 && (uintptr_t)view->buf % (size_t)width == 0;
}

int
is_floats(const Py_buffer *view)
{
    return is_numbers(view, 4) && view->itemsize == 4 && *view->format == 'f';
}

int
refuse_arrays(void)
{
    PyErr_SetString(PyExc_ValueError, "the arrays of entities do not fit");
    return -1;
}

int
refuse_row(void)
{
    PyErr_SetString(PyExc_IndexError, "there is no such row");
    return -1;
}
