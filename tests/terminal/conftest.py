"""The studies are those of the report's tests, each run once for both."""

from tests.report.conftest import studies

__all__ = ["studies"]
