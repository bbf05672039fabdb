/* Cut: pieces of bytes, put together; and where they begin. */

#include "parts.h"

/* More than any that is told of. */
#define LARGEST_CELL (1LL << 40)

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

/* The table has numbers of 32 bits, half as much to write and to read. */
#define LARGEST_CONTENT (1LL << 32)

/* So many places are written at once, and some of them again: how many Cells lie between
   two of which something is told nobody foresees. */
enum { AT_ONCE = 8 };

/* Find where what is told of each of some Cells begins, or would; NULL: exception. */
static PyObject *
begins_of(const long long *cells, const long long *ends, Py_ssize_t count,
          const long long *wanted, Py_ssize_t asked)
{
    /* By Cell, as looking something up is quicker than to search for it. */
    long long top = cells[count - 1] + 1, at = 0;
    uint32_t *table = PyMem_Malloc((size_t)(top + 1 + AT_ONCE) * sizeof *table);
    PyObject *out = PyBytes_FromStringAndSize(NULL, asked * (Py_ssize_t)sizeof top);
    if (table == NULL || out == NULL) {
        PyMem_Free(table);
        Py_XDECREF(out);
        return table == NULL ? PyErr_NoMemory() : NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        /* Cells that do not ascend, or too far, are as many as nobody asked for. */
        long long last = cells[i] < top ? cells[i] : top - 1, to = at;
        do {
            for (int j = 0; j < AT_ONCE; j++) {
                table[to + j] = (uint32_t)ends[i];
            }
            to += AT_ONCE;
        } while (to <= last);
        at = last < at ? at : last + 1;
    }
    for (; at <= top; at++) {
        table[at] = (uint32_t)ends[count];
    }
    /* Bytes begin where any number may stand. */
    long long *to = (long long *)(void *)PyBytes_AS_STRING(out);
    for (Py_ssize_t i = 0; i < asked; i++) {
        long long cell = wanted[i] < top ? wanted[i] : top;
        to[i] = table[cell > 0 ? cell : 0];
    }
    PyMem_Free(table);
    return out;
}

PyObject *
begins(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    Py_buffer views[3];
    const long long *numbers[3];
    Py_ssize_t lengths[3];
    int held = 0;
    PyObject *out = NULL;
    if (count != 3) {
        PyErr_SetString(PyExc_TypeError, "begins(cells, ends, wanted)");
        return NULL;
    }
    while (held < 3
           && numbers_of(arguments[held], &views[held], &numbers[held], &lengths[held])
                  == 0) {
        held++;
    }
    if (held == 3) {
        Py_ssize_t known = lengths[0];
        if (known > 0 && lengths[1] == known + 1 && numbers[0][0] >= 0
            && numbers[0][known - 1] >= 0 && numbers[0][known - 1] < LARGEST_CELL
            && numbers[1][known] < LARGEST_CONTENT) {
            out = begins_of(numbers[0], numbers[1], known, numbers[2], lengths[2]);
        } else {
            PyErr_SetString(PyExc_ValueError, "Cells ascend, and each body has an end");
        }
    }
    while (held > 0) {
        PyBuffer_Release(&views[--held]);
    }
    return out;
}
