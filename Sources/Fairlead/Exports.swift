// Who imports this module sees `FairleadError` as well, the one error that it throws.
@_exported public import Errors
