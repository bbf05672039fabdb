/* Speak: an operation for each of many Cells, as `nexus.wire.native.speech` has it. */

#include "parts.h"

/* One column of all rows. */
typedef struct {
    Py_buffer view;
    int letter; /* f, the bits of a float; ? a bool; i and u, whole numbers */
} Column;

/* A piece that stands in each operation; a short one is copied with what fills it up, as
   that takes no call. */
enum { SHORT = 16 };
typedef struct {
    PyObject *bytes; /* borrowed */
    char filled[SHORT];
} Piece;

typedef struct {
    Piece head, tail;
    long long weight;      /* below 0: no Cell is named, nothing paid for */
    const long long *keys; /* of each row its Cell, and in 32 bits below where it stands */
    Py_ssize_t rows;
    const long long *ids;  /* by where rows stand, as in columns; NULL: they have all ids */
    long long first;       /* from this one on */
    Py_ssize_t known;      /* so many rows stand there */
    Column *columns;
    Py_ssize_t count;
    long long *told;       /* the id of each row */
} Speech;

static inline Py_ssize_t
place_in(const Speech *self, Py_ssize_t row)
{
    return (Py_ssize_t)(self->keys[row] & 0xFFFFFFFF);
}

static inline long long
cell_in(const Speech *self, Py_ssize_t row)
{
    return self->keys[row] >> 32;
}

static int
column_of(PyObject *said, Column *column)
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
    if (!(width == 1 || width == 2 || width == 4 || width == 8)
        || column->letter > 127 || memchr("f?iu", column->letter, 4) == NULL
        || (uintptr_t)column->view.buf % (size_t)width != 0
        || (column->letter == 'f' && width < 4)
        || (column->letter == '?' && width != 1)) {
        PyErr_SetString(PyExc_ValueError, "a column has numbers");
        PyBuffer_Release(&column->view);
        return -1;
    }
    return 0;
}

/* Write a number as `put_unsigned` does, in up to nine bytes, and maybe some behind it.

   Which of its forms a number has nobody foresees, so that a branch for each costs more
   than what it does. */
static inline char *
put_number(char *at, unsigned long long number)
{
#if defined(__GNUC__)
    if (number < 1ULL << 32) {
        static const unsigned char widths[] = {0, 1, 2, 4}, heads[] = {0, 0xCC, 0xCD, 0xCE};
        int form = (number > 0x7F) + (number > 0xFF) + (number > 0xFFFF);
        int width = widths[form];
        /* What stands behind the head, the highest byte first. */
        unsigned long long tail = __builtin_bswap64(number) >> 8 >> (56 - 8 * width);
        unsigned long long bytes = (form ? heads[form] : number) | tail << 8;
        memcpy(at, &bytes, sizeof bytes);
        return at + 1 + width;
    }
#endif
    return put_unsigned(at, number);
}

/* Write the one value that a Cell has. */
static char *
put_lone(char *at, const Column *column, Py_ssize_t place)
{
    int width = (int)column->view.itemsize;
    const char *from = (const char *)column->view.buf + place * width;
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
        return put_number(at, bits);
    }
}

#define EACH_VALUE(TYPE)                                                                \
    for (Py_ssize_t i = 0; i < count; i++, at += sizeof(TYPE)) {                        \
        TYPE value = ((const TYPE *)column->view.buf)[place_in(self, row + i)];         \
        memcpy(at, &value, sizeof value);                                               \
    }                                                                                   \
    return at

/* Write all values of a Cell that has several. */
static char *
put_several(const Speech *self, char *at, const Column *column, Py_ssize_t row,
            Py_ssize_t count)
{
    Py_ssize_t width = column->view.itemsize;
    at = put_head(at, (size_t)(count * width));
    switch (width) {
    case 1:
        EACH_VALUE(uint8_t);
    case 2:
        EACH_VALUE(uint16_t);
    case 4:
        EACH_VALUE(uint32_t);
    default:
        EACH_VALUE(uint64_t);
    }
}

static void
fill_up(Piece *piece)
{
    Py_ssize_t size = PyBytes_GET_SIZE(piece->bytes);
    memcpy(piece->filled, PyBytes_AS_STRING(piece->bytes),
           (size_t)(size < SHORT ? size : SHORT));
}

/* There is room for a number behind it. */
static inline char *
put_piece(char *at, const Piece *piece)
{
    Py_ssize_t size = PyBytes_GET_SIZE(piece->bytes);
    if (size <= SHORT) {
        memcpy(at, piece->filled, SHORT);
    } else {
        memcpy(at, PyBytes_AS_STRING(piece->bytes), (size_t)size);
    }
    return at + size;
}

/* Write the operation of the rows [row, row + count), which are in one Cell. */
static char *
put_cell(const Speech *self, char *at, Py_ssize_t row, Py_ssize_t count)
{
    char *begin = at;
    at = put_piece(at, &self->head);
    if (self->weight >= 0) {
        at = put_number(at, (unsigned long long)cell_in(self, row));
        at = put_piece(at, &self->tail);
    }
    if (count == 1) {
        at = put_number(at, (unsigned long long)self->told[row]);
    } else {
        at = put_ids(at, self->told + row, count);
    }
    for (Py_ssize_t i = 0; i < self->count; i++) {
        at = count == 1 ? put_lone(at, &self->columns[i], place_in(self, row))
                        : put_several(self, at, &self->columns[i], row, count);
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
    long long cell = cell_in(self, row);
    int ascends = cell >= 0 && self->told[row] >= 0;
    for (end++; end < self->rows && cell_in(self, end) == cell; end++) {
        ascends = ascends && self->told[end] > self->told[end - 1];
    }
    if (!ascends || (end < self->rows && cell_in(self, end) < cell)) {
        PyErr_SetString(PyExc_ValueError, "Cells and ids ascend from 0");
        return 0;
    }
    return end - row;
}

/* Find the id of each row; 0, or -1 with an exception. */
static int
tell_ids(Speech *self)
{
    for (Py_ssize_t i = 0; i < self->rows; i++) {
        if (self->ids != NULL && i + AHEAD < self->rows) {
            expect_read(place_of(self->ids, place_in(self, i + AHEAD), 8));
        }
        Py_ssize_t place = place_in(self, i);
        if (place >= self->known) {
            return refuse_row();
        }
        self->told[i] = self->ids == NULL ? self->first + place : self->ids[place];
    }
    return 0;
}

/* Have come what columns hold of a row. */
static inline void
expect_row(const Speech *self, Py_ssize_t row)
{
    if (row < self->rows) {
        for (Py_ssize_t i = 0; i < self->count; i++) {
            const Py_buffer *view = &self->columns[i].view;
            expect_read(place_of(view->buf, place_in(self, row), view->itemsize));
        }
    }
}

/* The most bytes that the operation of a Cell takes. */
static Py_ssize_t
most_of(const Speech *self, Py_ssize_t count)
{
    Py_ssize_t pieces = PyBytes_GET_SIZE(self->head.bytes)
                        + PyBytes_GET_SIZE(self->tail.bytes);
    Py_ssize_t size = pieces + 25 + 9 * count + (self->weight > 0 ? self->weight * count : 0);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        size += 9 + count * self->columns[i].view.itemsize;
    }
    return size;
}

/* So many rows before they are written: there are several columns, and little is done for
   each row. */
enum { COLUMNS_AHEAD = 64 };

static PyObject *
all_out(Speech *self)
{
    /* Each Cell has a row, so there is room for all of them, and what fills up a piece. */
    Py_ssize_t room = most_of(self, 1) * self->rows + SHORT, cells = 0, row = 0;
    PyObject *named = PyBytes_FromStringAndSize(NULL, self->rows * 8);
    PyObject *sizes = PyBytes_FromStringAndSize(NULL, self->rows * 8);
    PyObject *content = PyBytes_FromStringAndSize(NULL, room);
    PyObject *all = NULL;
    self->told = PyMem_New(long long, self->rows + 1);
    if (self->told == NULL) {
        PyErr_NoMemory();
    } else if (named != NULL && sizes != NULL && content != NULL && tell_ids(self) == 0) {
        char *at = PyBytes_AS_STRING(content);
        while (row < self->rows) {
            Py_ssize_t count = cell_rows(self, row);
            if (count == 0) {
                break;
            }
            for (Py_ssize_t i = row; i < row + count; i++) {
                expect_row(self, i + COLUMNS_AHEAD);
            }
            char *end = put_cell(self, at, row, count);
            long long size = end - at, cell = cell_in(self, row);
            memcpy(PyBytes_AS_STRING(named) + 8 * cells, &cell, 8);
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
    PyMem_Free(self->told);
    Py_XDECREF(named);
    Py_XDECREF(sizes);
    Py_XDECREF(content);
    return all;
}

/* Look at what says which id each row has; 0, or -1 with an exception. */
static int
ids_of(PyObject *said, Py_buffer *view, Speech *self)
{
    if (!PyLong_Check(said)) {
        return numbers_of(said, view, &self->ids, &self->known);
    }
    self->first = PyLong_AsLongLong(said);
    self->known = PY_SSIZE_T_MAX;
    if (self->first < 0 || self->first > LLONG_MAX >> 1) {
        PyErr_SetString(PyExc_ValueError, "Cells and ids ascend from 0");
        return -1;
    }
    return 0;
}

/* Look at the columns; 0, or -1 with an exception. */
static int
columns_of(PyObject *said, Speech *self)
{
    Py_ssize_t count = PyTuple_GET_SIZE(said);
    self->columns = PyMem_Calloc((size_t)count + 1, sizeof *self->columns);
    if (self->columns == NULL) {
        (void)PyErr_NoMemory();
        return -1;
    }
    for (; self->count < count; self->count++) {
        Column *column = &self->columns[self->count];
        if (column_of(PyTuple_GET_ITEM(said, self->count), column) < 0) {
            return -1;
        }
        Py_ssize_t length = column->view.len / column->view.itemsize;
        self->known = length < self->known ? length : self->known;
    }
    return 0;
}

PyObject *
speak(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Speech self = {.columns = NULL};
    PyObject *keys, *ids, *columns, *all = NULL;
    Py_buffer of_keys, of_ids = {.obj = NULL};
    if (!PyArg_ParseTuple(arguments, "SSLOOO!", &self.head.bytes, &self.tail.bytes,
                          &self.weight, &keys, &ids, &PyTuple_Type, &columns)) {
        return NULL;
    }
    fill_up(&self.head);
    fill_up(&self.tail);
    if (self.weight > 1024) {
        PyErr_SetString(PyExc_ValueError, "a row weighs less");
        return NULL;
    }
    if (numbers_of(keys, &of_keys, &self.keys, &self.rows) < 0) {
        return NULL;
    }
    if (ids_of(ids, &of_ids, &self) == 0) {
        all = columns_of(columns, &self) == 0 ? all_out(&self) : NULL;
        for (Py_ssize_t i = 0; i < self.count; i++) {
            PyBuffer_Release(&self.columns[i].view);
        }
        PyMem_Free(self.columns);
        PyBuffer_Release(&of_ids);
    }
    PyBuffer_Release(&of_keys);
    return all;
}
