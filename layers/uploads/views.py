"""Bringing a file in, and the list of what one brought in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from layers.errors import UserFacingError
from layers.ingest.formats import SourceFormat
from layers.uploads.errors import CutError, TooLargeError
from layers.uploads.files import KeepingHandler, KeptFile, check_room, max_bytes
from layers.uploads.models import Upload
from layers.uploads.permissions import importer
from layers.uploads.services import keep_upload, sweep_uploads
from layers.visibility import Reader

_LISTED = 20


@csrf_exempt  # the token is checked in _take, once the handler that keeps the file is in place
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bring_in(request: HttpRequest) -> HttpResponse:
    """Show the form and one's own files; take a file."""
    importer(request.user)
    if request.method != "POST":
        return _start_page(request)
    try:
        return _received(request)
    except UserFacingError as error:
        if _is_script(request):
            body = {"error": {"what": error.what, "remedy": error.remedy}}
            return JsonResponse(body, status=error.status)
        return _start_page(request, error)


def _received(request: HttpRequest) -> HttpResponse:
    """Read the request into its folder, check the token, keep the file; or leave nothing."""
    check_room(int(request.META.get("CONTENT_LENGTH") or 0))
    handler = KeepingHandler(request)
    request.upload_handlers = [handler]
    try:
        request.POST  # noqa: B018 - reads the whole request
    except (UnreadablePostError, MultiPartParserError) as error:
        handler.upload_interrupted()
        raise CutError from error
    if handler.is_too_large:
        raise TooLargeError(settings.KRONG_UPLOAD_MAX_MB)
    response = _take(request)
    if not Upload.objects.filter(token=handler.token).exists():
        handler.upload_interrupted()
    return response


@csrf_protect
def _take(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("file")
    upload = keep_upload(
        file=file if isinstance(file, KeptFile) else None,
        # stands behind the file in the form: a request that was cut does not hold it
        is_whole=request.POST.get("whole") == "1",
        user=importer(request.user),
    )
    if _is_script(request):
        return JsonResponse({"address": reverse("layer-import-file", args=[upload.token])})
    return redirect("layer-import-file", token=upload.token)


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def _start_page(request: HttpRequest, error: UserFacingError | None = None) -> HttpResponse:
    sweep_uploads()
    context: dict[str, Any] = {
        "uploads": _own_uploads(request.user),
        "error": error,
        "max_bytes": max_bytes(),
        "max_mb": settings.KRONG_UPLOAD_MAX_MB,
        "keep_days": settings.KRONG_UPLOAD_KEEP_DAYS,
        "endings": ",".join(e for known in SourceFormat for e in known.endings),
    }
    status = error.status if error else 200
    return render(request, "layers/uploads/start.html", context, status=status)


def _own_uploads(user: Reader) -> list[Upload]:
    found = Upload.objects.filter(uploaded_by=user.pk).select_related(
        "look_run", "trial_run", "import_run"
    )
    return list(found[:_LISTED])
