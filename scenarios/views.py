from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from layers.errors import NotFoundError
from layers.models import Run
from layers.runs import fail_stale_runs, request_cancel
from layers.vocab import RunState
from scenarios.models import Scenario
from scenarios.presentation import result_tables, run_summaries, run_summary
from scenarios.queries import run_numbered, runs_of, scenario_named, scenario_runs
from scenarios.rasters import depth_picture
from scenarios.readers import result_seen
from scenarios.services import spec_of, start_run
from scenarios.tasks import carry_out_run
from scenarios.vocab import Quantity

LIVE = frozenset({RunState.QUEUED.value, RunState.RUNNING.value})
NEWEST = 30


@require_GET
def scenario_list(request: HttpRequest) -> HttpResponse:
    """Show the stored scenarios and their newest runs."""
    fail_stale_runs()
    rows = [(scenario, runs_of(scenario).first()) for scenario in Scenario.objects.all()]
    runs = run_summaries(scenario_runs()[:NEWEST])
    is_live = any(run["state"] in LIVE for run in runs)
    context = {"rows": rows, "runs": runs, "is_live": is_live}
    return render(request, "scenarios/list.html", context)


@require_GET
def scenario_list_json(_request: HttpRequest) -> JsonResponse:
    """Return the stored scenarios and their newest runs."""
    scenarios = [
        {"code": each.code, "title_km": each.title_km, "title_en": each.title_en}
        for each in Scenario.objects.all()
    ]
    runs = run_summaries(scenario_runs()[:NEWEST])
    return JsonResponse({"scenarios": scenarios, "runs": runs})


@require_GET
def run_page(request: HttpRequest, number: int) -> HttpResponse:
    """Show one run: how far it is, or what it found and what it rests on."""
    fail_stale_runs()
    run = run_numbered(number)
    scenario = scenario_named(run.parameters["scenario"])
    result = result_seen(run, request.user)
    context: dict[str, Any] = {
        "run": run,
        "scenario": scenario,
        "summary": run_summary(run, {scenario.code: scenario.title}),
        "is_live": run.state in LIVE,
        "log": run.log.splitlines()[-40:],
    }
    if result is not None:
        context |= result_tables(result)
    return render(request, "scenarios/run.html", context)


@require_GET
def run_json(request: HttpRequest, number: int) -> JsonResponse:
    """Return one run and, once it is finished, its record."""
    run = run_numbered(number)
    [body] = run_summaries([run])
    result = result_seen(run, request.user)
    if result is not None:
        kept = (
            "engine", "solver_version", "parameters", "input_digests", "assumptions", "hyetograph",
            "mass_balance", "validity", "hazard_areas", "exposure", "outputs",
        )  # fmt: skip
        body["result"] = {name: getattr(result, name) for name in kept}
    return JsonResponse(body)


@require_GET
def depth_png(request: HttpRequest, number: int) -> HttpResponse:
    """Return a picture of the greatest depth."""
    name = _file_of(request, run_numbered(number), Quantity.DEPTH.value)
    return HttpResponse(depth_picture(settings.MEDIA_ROOT / name), content_type="image/png")


@require_GET
def grid_file(request: HttpRequest, number: int, quantity: str) -> FileResponse:
    """Return a grid as a Cloud-Optimised GeoTIFF."""
    run = run_numbered(number)
    name = _file_of(request, run, quantity)
    return FileResponse(
        default_storage.open(name),
        as_attachment=True,
        filename=f"{run.parameters['scenario']}-run{run.pk}-{quantity}.tif",
        content_type="image/tiff; application=geotiff; profile=cloud-optimized",
    )


def _file_of(request: HttpRequest, run: Run, quantity: str) -> str:
    result = result_seen(run, request.user)
    files = {} if result is None else result.outputs["files"]
    if quantity not in files or not default_storage.exists(files[quantity]):
        raise NotFoundError(
            _("Run %(run)s has no grid '%(quantity)s'.") % {"run": run.pk, "quantity": quantity},
            remedy=_("Open the page of the run: it lists what there is."),
        )
    return str(files[quantity])


@require_POST
@login_required
def cancel_run(_request: HttpRequest, number: int) -> HttpResponseRedirect:
    """Ask a run to stop."""
    run = run_numbered(number)
    request_cancel(run)
    return redirect("scenario", number=run.pk)


@require_POST
@login_required
def start_scenario(_request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Start a stored scenario, or show its finished run when nothing has changed since."""
    scenario = scenario_named(code)
    run, reused = start_run(scenario=scenario, spec=spec_of(scenario))
    if not reused:
        carry_out_run.enqueue(run.pk)
    return redirect("scenario", number=run.pk)
