/* Pick: what a column holds at some rows. */

#include "parts.h"

#define EACH_ROW(TYPE)                                                                  \
    do {                                                                                \
        const TYPE *from = column->buf;                                                 \
        TYPE *to = out->buf;                                                            \
        for (Py_ssize_t i = 0; i < count; i++) {                                        \
            if (i + AHEAD < count) {                                                    \
                expect_read(place_of(from, rows[i + AHEAD], sizeof *from));             \
            }                                                                           \
            /* As elsewhere in Python, -1 is the last one. */                           \
            long long row = rows[i] < 0 ? rows[i] + length : rows[i];                   \
            if (row < 0 || row >= length) {                                             \
                return refuse_row();                                                    \
            }                                                                           \
            to[i] = from[row];                                                          \
        }                                                                               \
        return 0;                                                                       \
    } while (0)

static int
pick_rows(const Py_buffer *column, const long long *rows, Py_ssize_t count,
          const Py_buffer *out)
{
    Py_ssize_t length = column->len / column->itemsize;
    switch (column->itemsize) {
    case 1:
        EACH_ROW(uint8_t);
    case 2:
        EACH_ROW(uint16_t);
    case 4:
        EACH_ROW(uint32_t);
    default:
        EACH_ROW(uint64_t);
    }
}

/* Whether both arrays have numbers of one type, and one for each row. */
static int
is_fit(const Py_buffer *column, Py_ssize_t count, const Py_buffer *out)
{
    return is_numbers(column, 8) && is_numbers(out, 8) && *column->format == *out->format
           && column->itemsize == out->itemsize && out->len == count * out->itemsize;
}

PyObject *
pick(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 3) {
        PyErr_SetString(PyExc_TypeError, "pick(column, rows, out)");
        return NULL;
    }
    Py_buffer column, rows, out;
    const long long *numbers;
    Py_ssize_t length;
    if (numbers_of(arguments[1], &rows, &numbers, &length) < 0) {
        return NULL;
    }
    PyObject *done = NULL;
    if (array_of(arguments[0], &column, 0) == 0) {
        if (array_of(arguments[2], &out, PyBUF_WRITABLE) == 0) {
            if (!is_fit(&column, length, &out)) {
                PyErr_SetString(PyExc_ValueError, "the arrays of a column do not fit");
            } else if (pick_rows(&column, numbers, length, &out) == 0) {
                done = Py_NewRef(Py_None);
            }
        }
        PyBuffer_Release(&out);
    }
    PyBuffer_Release(&column);
    PyBuffer_Release(&rows);
    return done;
}
