/* Speak: an operation for each of many Cells, as `nexus.wire.native.speech` has it. */

#include "parts.h"

/* One column of all rows. */
typedef struct {
    Py_buffer view;
    int letter; /* f, the bits of a float; ? a bool; i and u, whole numbers */
} Column;

typedef struct {
    PyObject *head, *tail; /* borrowed */
    long long weight;      /* below 0: no Cell is named, nothing paid for */
    const long long *cells, *ids;
    Py_ssize_t rows;
    Column *columns;
    Py_ssize_t count;
} Speech;

static int
column_of(PyObject *said, Py_ssize_t rows, Column *column)
{
    PyObject *array;
    if (!PyTuple_Check(said)) {
        PyErr_SetString(PyExc_TypeError, "a column is (array, letter)");
        return -1;
    }
    if (!PyArg_ParseTuple(said, "OC", &array, &column->letter)
        || PyObject_GetBuffer(array, &column->view, PyBUF_C_CONTIGUOUS) < 0) {
        return -1;
    }
    Py_ssize_t width = column->view.itemsize;
    if (column->view.len != rows * width
        || !(width == 1 || width == 2 || width == 4 || width == 8)
        || column->letter > 127 || memchr("f?iu", column->letter, 4) == NULL
        || (uintptr_t)column->view.buf % (size_t)width != 0
        || (column->letter == 'f' && width < 4)
        || (column->letter == '?' && width != 1)) {
        PyErr_SetString(PyExc_ValueError, "a column has a number for each row");
        PyBuffer_Release(&column->view);
        return -1;
    }
    return 0;
}

/* Write the one value that a Cell has. */
static char *
put_lone(char *at, const Column *column, Py_ssize_t row)
{
    int width = (int)column->view.itemsize;
    const char *from = (const char *)column->view.buf + row * width;
    unsigned long long bits = 0;
    long long number = 0;
    if (width == 1) {
        bits = *(const unsigned char *)from;
        number = *(const signed char *)from;
    } else if (width == 2) {
        bits = *(const uint16_t *)from;
        number = *(const int16_t *)from;
    } else if (width == 4) {
        bits = *(const uint32_t *)from;
        number = *(const int32_t *)from;
    } else {
        bits = *(const uint64_t *)from;
        number = *(const int64_t *)from;
    }
    switch (column->letter) {
    case 'f':
        return put_float(at, bits, width);
    case '?':
        *at++ = (char)(bits ? 0xC3 : 0xC2);
        return at;
    case 'i':
        return put_signed(at, number);
    default:
        return put_unsigned(at, bits);
    }
}

/* Write all values of a Cell that has several. */
static char *
put_several(char *at, const Column *column, Py_ssize_t row, Py_ssize_t count)
{
    Py_ssize_t width = column->view.itemsize;
    const char *from = (const char *)column->view.buf + row * width;
    at = put_head(at, (size_t)(count * width));
    memcpy(at, from, (size_t)(count * width));
    return at + count * width;
}

static char *
put_piece(char *at, PyObject *piece)
{
    memcpy(at, PyBytes_AS_STRING(piece), (size_t)PyBytes_GET_SIZE(piece));
    return at + PyBytes_GET_SIZE(piece);
}

/* Write the operation of the rows [row, row + count), which are in one Cell. */
static char *
put_cell(const Speech *self, char *at, Py_ssize_t row, Py_ssize_t count)
{
    char *begin = at;
    at = put_piece(at, self->head);
    if (self->weight >= 0) {
        at = put_unsigned(at, (unsigned long long)self->cells[row]);
        at = put_piece(at, self->tail);
    }
    if (count == 1) {
        at = put_unsigned(at, (unsigned long long)self->ids[row]);
    } else {
        at = put_ids(at, self->ids + row, count);
    }
    for (Py_ssize_t i = 0; i < self->count; i++) {
        at = count == 1 ? put_lone(at, &self->columns[i], row)
                        : put_several(at, &self->columns[i], row, count);
    }
    Py_ssize_t owed = self->weight > 0 ? (Py_ssize_t)self->weight * count : 0;
    if (at - begin < owed) {
        memset(at, 0xC0, (size_t)(owed - (at - begin)));
        at = begin + owed;
    }
    return at;
}

/* How many rows from this one on are in its Cell; 0 with an exception. */
static Py_ssize_t
cell_rows(const Speech *self, Py_ssize_t row)
{
    Py_ssize_t end = row;
    do {
        if (self->cells[end] < 0 || self->ids[end] < 0
            || (end > row && self->ids[end] <= self->ids[end - 1])) {
            PyErr_SetString(PyExc_ValueError, "Cells and ids ascend from 0");
            return 0;
        }
        end++;
    } while (end < self->rows && self->cells[end] == self->cells[row]);
    if (end < self->rows && self->cells[end] < self->cells[row]) {
        PyErr_SetString(PyExc_ValueError, "Cells and ids ascend from 0");
        return 0;
    }
    return end - row;
}

/* The most bytes that the operation of a Cell takes. */
static Py_ssize_t
most_of(const Speech *self, Py_ssize_t count)
{
    Py_ssize_t size = PyBytes_GET_SIZE(self->head) + PyBytes_GET_SIZE(self->tail) + 25
                      + 9 * count + (self->weight > 0 ? self->weight * count : 0);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        size += 9 + count * self->columns[i].view.itemsize;
    }
    return size;
}

static PyObject *
all_out(const Speech *self)
{
    /* Each Cell has a row, so there is room for all of them. */
    Py_ssize_t room = most_of(self, 1) * self->rows, cells = 0, row = 0;
    PyObject *named = PyBytes_FromStringAndSize(NULL, self->rows * 8);
    PyObject *sizes = PyBytes_FromStringAndSize(NULL, self->rows * 8);
    PyObject *content = PyBytes_FromStringAndSize(NULL, room);
    PyObject *all = NULL;
    if (named != NULL && sizes != NULL && content != NULL) {
        char *at = PyBytes_AS_STRING(content);
        while (row < self->rows) {
            Py_ssize_t count = cell_rows(self, row);
            if (count == 0) {
                break;
            }
            char *end = put_cell(self, at, row, count);
            long long size = end - at;
            memcpy(PyBytes_AS_STRING(named) + 8 * cells, &self->cells[row], 8);
            memcpy(PyBytes_AS_STRING(sizes) + 8 * cells, &size, 8);
            cells++;
            row += count;
            at = end;
        }
        if (row == self->rows && _PyBytes_Resize(&named, 8 * cells) == 0
            && _PyBytes_Resize(&sizes, 8 * cells) == 0
            && _PyBytes_Resize(&content, at - PyBytes_AS_STRING(content)) == 0) {
            all = PyTuple_Pack(3, named, sizes, content);
        }
    }
    Py_XDECREF(named);
    Py_XDECREF(sizes);
    Py_XDECREF(content);
    return all;
}

PyObject *
speak(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Speech self = {.columns = NULL};
    PyObject *cells, *ids, *columns, *all = NULL;
    Py_buffer of_cells, of_ids;
    Py_ssize_t known, count;
    if (!PyArg_ParseTuple(arguments, "SSLOOO!", &self.head, &self.tail, &self.weight,
                          &cells, &ids, &PyTuple_Type, &columns)) {
        return NULL;
    }
    if (self.weight > 1024) {
        PyErr_SetString(PyExc_ValueError, "a row weighs less");
        return NULL;
    }
    if (numbers_of(cells, &of_cells, &self.cells, &self.rows) < 0) {
        return NULL;
    }
    if (numbers_of(ids, &of_ids, &self.ids, &known) < 0) {
        PyBuffer_Release(&of_cells);
        return NULL;
    }
    count = PyTuple_GET_SIZE(columns);
    self.columns = PyMem_Calloc((size_t)count + 1, sizeof *self.columns);
    if (self.columns == NULL) {
        PyErr_NoMemory();
    } else if (known != self.rows) {
        PyErr_SetString(PyExc_ValueError, "each row has an id");
    } else {
        while (self.count < count
               && column_of(PyTuple_GET_ITEM(columns, self.count), self.rows,
                            &self.columns[self.count])
                      == 0) {
            self.count++;
        }
        all = self.count == count ? all_out(&self) : NULL;
    }
    for (Py_ssize_t i = 0; i < self.count; i++) {
        PyBuffer_Release(&self.columns[i].view);
    }
    PyMem_Free(self.columns);
    PyBuffer_Release(&of_ids);
    PyBuffer_Release(&of_cells);
    return all;
}
