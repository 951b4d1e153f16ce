"""Numbers as people read them: kept here until all who import them look in the new place."""

from inferc.compiler.wording.amounts import KINDS as KINDS
from inferc.compiler.wording.amounts import LARGE_COUNT as LARGE_COUNT
from inferc.compiler.wording.amounts import METRIC_UNITS as METRIC_UNITS
from inferc.compiler.wording.amounts import TIMES as TIMES
from inferc.compiler.wording.amounts import amount as amount
from inferc.compiler.wording.amounts import line_amount as line_amount
from inferc.compiler.wording.amounts import line_suffix as line_suffix
from inferc.compiler.wording.amounts import line_unit as line_unit
from inferc.compiler.wording.amounts import metric_unit as metric_unit
from inferc.compiler.wording.amounts import percentile_name as percentile_name
from inferc.compiler.wording.amounts import plural as plural
from inferc.compiler.wording.amounts import times as times
