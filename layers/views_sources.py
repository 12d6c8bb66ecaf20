"""The page of sources: what each number of the rules rests on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from layers.sources import sources


@require_safe
def source_list(request: HttpRequest) -> HttpResponse:
    """List the sources with what is known of each."""
    return render(request, "layers/sources.html", {"sources": sources().values()})
