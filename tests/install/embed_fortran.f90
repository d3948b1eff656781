! A Fortran program of somebody else's: trains on its own arrays over its own communicator, and predicts. An array x(features,
! rows) of Fortran is the library's (rows, features), so nothing is copied. Exits with an error when the model did not learn.
program embed_fortran
  use, intrinsic :: iso_c_binding
  use mpi
  implicit none

  type, bind(C) :: ls_arrays
    integer(c_int64_t) :: rows, features
    type(c_ptr) :: x
    integer(c_int64_t) :: outputs
    type(c_ptr) :: y, labels, weights
  end type

  interface
    integer(c_int) function ls_context_create_fortran(communicator, settings, context) bind(C)
      import :: c_int, c_ptr
      integer(c_int), value :: communicator
      type(c_ptr), value :: settings
      type(c_ptr) :: context
    end function
    integer(c_int) function ls_options_create(options) bind(C)
      import :: c_int, c_ptr
      type(c_ptr) :: options
    end function
    integer(c_int) function ls_options_set(options, key, value) bind(C)
      import :: c_int, c_ptr, c_char
      type(c_ptr), value :: options
      character(kind=c_char), intent(in) :: key(*), value(*)
    end function
    integer(c_int) function ls_dataset_from_arrays(context, arrays, dataset) bind(C)
      import :: c_int, c_ptr, ls_arrays
      type(c_ptr), value :: context
      type(ls_arrays), intent(in) :: arrays
      type(c_ptr) :: dataset
    end function
    integer(c_int) function ls_model_create(context, options, dataset, model) bind(C)
      import :: c_int, c_ptr
      type(c_ptr), value :: context, options, dataset
      type(c_ptr) :: model
    end function
    integer(c_int) function ls_trainer_create(context, options, model, train, validation, trainer) bind(C)
      import :: c_int, c_ptr
      type(c_ptr), value :: context, options, model, train, validation
      type(c_ptr) :: trainer
    end function
    integer(c_int) function ls_trainer_fit(trainer, function, user) bind(C)
      import :: c_int, c_ptr
      type(c_ptr), value :: trainer, function, user
    end function
    integer(c_int) function ls_model_predict_rows(model, rows, x, prediction) bind(C)
      import :: c_int, c_int64_t, c_ptr, c_float
      type(c_ptr), value :: model
      integer(c_int64_t), value :: rows
      real(c_float), intent(in) :: x(*)
      real(c_float) :: prediction(*)
    end function
    subroutine ls_options_destroy(options) bind(C)
      import :: c_ptr
      type(c_ptr), value :: options
    end subroutine
    subroutine ls_trainer_destroy(trainer) bind(C)
      import :: c_ptr
      type(c_ptr), value :: trainer
    end subroutine
    subroutine ls_model_destroy(model) bind(C)
      import :: c_ptr
      type(c_ptr), value :: model
    end subroutine
    subroutine ls_dataset_destroy(dataset) bind(C)
      import :: c_ptr
      type(c_ptr), value :: dataset
    end subroutine
    subroutine ls_context_destroy(context) bind(C)
      import :: c_ptr
      type(c_ptr), value :: context
    end subroutine
  end interface

  integer, parameter :: rows = 256, features = 2
  real(c_float), target :: x(features, rows), y(1, rows)
  real(c_float) :: prediction(1)
  type(c_ptr) :: context, options, dataset, model, trainer
  integer :: r, rank, error

  call MPI_Init(error)
  call MPI_Comm_rank(MPI_COMM_WORLD, rank, error)
  do r = 1, rows ! a plane: y = 2 x1 - x2 + 0.5
    x(1, r) = real(mod(r - 1, 16)) / 16
    x(2, r) = real((r - 1) / 16) / 16
    y(1, r) = 2 * x(1, r) - x(2, r) + 0.5
  end do

  call check(ls_context_create_fortran(MPI_COMM_WORLD, c_null_ptr, context), 1)
  call check(ls_options_create(options), 2)
  call set("layers", "8 relu, 1")
  call set("learning_rate", "0.01")
  call set("epochs", "50")
  call check(ls_dataset_from_arrays(context, ls_arrays(rows, features, c_loc(x), 1, c_loc(y), c_null_ptr, c_null_ptr), dataset), 3)
  call check(ls_model_create(context, options, dataset, model), 4)
  call check(ls_trainer_create(context, options, model, dataset, c_null_ptr, trainer), 5)
  call check(ls_trainer_fit(trainer, c_null_ptr, c_null_ptr), 6)
  call check(ls_model_predict_rows(model, 1_c_int64_t, [0.25_c_float, 0.5_c_float], prediction), 7)
  if (rank == 0) print '(a, f7.4)', "f(0.25, 0.5), expected 0.5: ", prediction(1)
  if (abs(prediction(1) - 0.5) > 0.2) call check(1_c_int, 8)

  call ls_trainer_destroy(trainer)
  call ls_model_destroy(model)
  call ls_dataset_destroy(dataset)
  call ls_options_destroy(options)
  call ls_context_destroy(context)
  call MPI_Finalize(error)

contains

  subroutine set(key, value)
    character(*), intent(in) :: key, value
    call check(ls_options_set(options, key // c_null_char, value // c_null_char), 9)
  end subroutine

  subroutine check(status, step)
    integer(c_int), intent(in) :: status
    integer, intent(in) :: step
    if (status == 0) return
    print '(a, i0, a, i0)', "step ", step, " ended with status ", status
    call MPI_Abort(MPI_COMM_WORLD, 1, error)
  end subroutine
end program
