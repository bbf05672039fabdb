/* What the compiled parts share: slots of States, forms of values, little endian. */

#ifndef NEXUS_PARTS_H
#define NEXUS_PARTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

/* The types and functions of the module, each from the file of its name. */
extern PyType_Spec property_spec;
extern PyType_Spec columns_spec;
extern PyType_Spec visits_spec;
PyObject *gather(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *begins(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *cut(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *pick(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *put(PyObject *module, PyObject *arguments);
PyObject *seal(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *ship(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *sift(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *speak(PyObject *module, PyObject *arguments);
PyObject *drift(PyObject *module, PyObject *arguments);
PyObject *mark(PyObject *module, PyObject *arguments);
PyObject *resettle(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *stamp(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *stint(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *strays(PyObject *module, PyObject *arguments);
PyObject *tally(PyObject *module, PyObject *array);
PyObject *walk(PyObject *module, PyObject *arguments);
PyObject *written(PyObject *module, PyObject *arguments);

/* One slot of a class. */
typedef struct {
    PyTypeObject *owner; /* borrowed: whoever has the slot keeps the member */
    Py_ssize_t offset;
} Slot;

/* Read a member descriptor, as `__slots__` makes them; 0, or -1 with an exception. */
int slot_of(PyObject *member, Slot *slot);

/* Raise that an object is of another class than the slot's. */
void slot_refuse(const Slot *slot, PyObject *object);

/* Where an object has the slot, or NULL with an exception; what is there may be NULL. */
static inline PyObject **
slot_at(const Slot *slot, PyObject *object)
{
    if (!PyObject_TypeCheck(object, slot->owner)) {
        slot_refuse(slot, object);
        return NULL;
    }
    return (PyObject **)((char *)object + slot->offset);
}

/* What a slot holds, borrowed, or NULL with an exception. */
PyObject *slot_value(const Slot *slot, PyObject *object);

/* The same of an object whose class has been looked at. */
static inline PyObject *
slot_peek(const Slot *slot, PyObject *object)
{
    return *(PyObject **)((char *)object + slot->offset);
}

/* Raise that a slot was never written. */
void slot_lacks(void);

typedef enum { ANY, BOOL, INTEGER, FLOAT32, FLOAT64, NUMBER, TEXT, BYTES, QUANTIZED } Shape;

/* What a field holds, as `Kind.form` says it. */
typedef struct {
    Shape shape;
    long long least, most; /* of an INTEGER */
    double low, high, span, factor, steps; /* of a QUANTIZED */
    int wraps;
} Form;

/* Read what `Kind.form` returned; 0, or -1 with an exception. */
int form_of(PyObject *said, Form *form);

/* The step of a quantized value that lies between the ends. */
double form_step(const Form *form, double value);

/* Set `*fit` to a value as the field will hold it (a new reference), or to NULL when
   that is not plain to see; 0, or -1 with an exception. */
int form_fit(const Form *form, PyObject *value, PyObject **fit);

/* One field of fixed width, and how it is written. */
typedef struct {
    Slot slot;
    Form form;
    char letter; /* struct's */
    char code;   /* what stands before it; Visits only */
    int width;
} Part;

/* Read (member, letter, form, code); 0, or -1 with an exception. */
int part_of(PyObject *said, Part *part);

/* Write a value, `part->width` bytes; it may be NULL. 0, or -1 with an exception. */
int part_put(const Part *part, PyObject *value, char *at);

/* Read several of them into what the caller frees with PyMem_Free; NULL: exception. */
Part *parts_of(PyObject *said, Py_ssize_t *count);

/* Look at the classes of States: whether they have all these slots; 0, or -1. */
int parts_fit(const Part *parts, Py_ssize_t count, const Slot *slot, PyObject *states);

/* What writes some fields of States, in one of the two formats. */
typedef struct {
    PyObject_HEAD
    PyObject *member, *fields; /* keep the owners of the slots */
    Slot slot;                 /* of what comes before the fields: an id, or a mark */
    Part *parts;
    Py_ssize_t count;
    int width; /* of all fields of a State, with what says which they are */
    vectorcallfunc call;
} Writer;

PyObject *writer_new(PyTypeObject *type, PyObject *arguments, PyObject *named,
                     vectorcallfunc call);
int writer_traverse(Writer *self, visitproc visit, void *arg);
void writer_dealloc(Writer *self);
extern PyMemberDef writer_members[];

/* Each of these writes something, and returns where that ends. */
char *put_head(char *at, size_t length); /* of a bin: at most 5 bytes */
char *put_float(char *at, unsigned long long bits, int width); /* 1 + width */
char *put_unsigned(char *at, unsigned long long number); /* at most 9 */
char *put_signed(char *at, long long number); /* at most 9 */

/* Write ascending ids, in the shortest form: at most 16 bytes and 9 for each. */
char *put_ids(char *at, const long long *ids, Py_ssize_t count);

/* Look at an array; 0, or -1 with an exception. It may be released in either case. */
int array_of(PyObject *array, Py_buffer *view, int flags);

/* Whether an array has whole numbers, each at an address where it may stand. */
int is_whole(const Py_buffer *view);

/* Whether an array has whole numbers with a sign, of so many bytes at least, and of four or
   eight in any case. */
int is_signed(const Py_buffer *view, Py_ssize_t least);

/* Whether an array has numbers of at most so many bytes, whole ones or floats, each at an
   address where it may stand. */
int is_numbers(const Py_buffer *view, Py_ssize_t most);

/* Whether an array has floats of 32 bits. */
int is_floats(const Py_buffer *view);

/* Raise that arrays have not what they are to have of each entity; -1. */
int refuse_arrays(void);

/* Raise that there is no such row; -1. */
int refuse_row(void);

/* Look at an array of numbers of 64 bits; 0, or -1 with an exception. */
int numbers_of(PyObject *array, Py_buffer *view, const long long **numbers,
               Py_ssize_t *count);

/* A loop that is a function and stays one: only of the parameters of a function does the
   compiler believe that they do not overlap, and then it does several rows at once. */
#if defined(__GNUC__)
#define LOOP static __attribute__((noinline)) void
#else
#define LOOP static void
#endif

/* Have memory come that is going to be read, or written: rows lie anywhere, and to wait for
   one after the other takes most of the time of what is done to them. There need be nothing
   at an address. */
#if defined(__GNUC__)
#define expect_read(at) __builtin_prefetch((at), 0)
#define expect_write(at) __builtin_prefetch((at), 1)
#else
#define expect_read(at) ((void)(at))
#define expect_write(at) ((void)(at))
#endif

/* Where the lowest bit of a number is that is set; the number is not 0. */
static inline int
lowest_bit(uint64_t number)
{
#if defined(__GNUC__)
    return __builtin_ctzll(number);
#else
    int at = 0;
    while ((number >> at & 1) == 0) {
        at++;
    }
    return at;
#endif
}

/* So many rows before they are used. */
enum { AHEAD = 256 };

/* Where an array has a row, which may be none. */
static inline const void *
place_of(const void *array, long long row, Py_ssize_t width)
{
    return (const void *)((uintptr_t)array + (uintptr_t)row * (uintptr_t)width);
}

/* Write the lowest bytes of a number, little endian. */
static inline void
put_bytes(char *at, unsigned long long number, int width)
{
    for (int i = 0; i < width; i++) {
        at[i] = (char)(number >> 8 * i);
    }
}

#endif
