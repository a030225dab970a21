"""A point before the cents, a comma between thousands, dates as browsers send them."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%m/%d/%Y"]
DATE_FORMAT = "M j, Y"
DATETIME_FORMAT = "M j, Y, P"
TIME_FORMAT = "P"
