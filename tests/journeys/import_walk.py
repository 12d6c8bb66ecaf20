"""What a clerk does on the pages of an import, in a real browser."""

import geopandas
from playwright.sync_api import expect

from tests.factories import square
from tests.journeys.conftest import DESKTOP, PATIENCE_MS, PHONE

expect.set_options(timeout=PATIENCE_MS)

SCREENS = [("desk", DESKTOP), ("phone", PHONE)]
PASSWORD = "a-long-password-9"
RIGHTS = ("add_layer", "publish_version", "view_layer")


def make_clerk(city, *more_rights):
    """Make the account of somebody who may import, and do more if it is said."""
    rights = [*RIGHTS, *more_rights]
    city.krong("shell", "-c", (
        "from django.contrib.auth.models import Permission, User;"
        f"u = User.objects.create_user('sokha', password='{PASSWORD}', is_staff=True);"
        "u.user_permissions.set(Permission.objects.filter(content_type__app_label='layers',"
        f"codename__in={rights}))"
    ))  # fmt: skip


def fill_city(city, folder):
    """What the city already has: one zone around what is brought in."""
    path = folder / "zones.geojson"
    zone = geopandas.GeoDataFrame({"id": ["Z1"]}, geometry=[square(-500, -500, 2_000)], crs=32648)
    zone.to_crs(4326).to_file(path)
    city.krong("import", path, "--layer", "zones", "--theme", "plan")


class ImportWalk:
    """One signed-in clerk on one screen; each imports into layers of their own."""

    def __init__(self, page, address, pictures, name):
        self.page, self.address, self.name = page, address, name.split("-")[-1]
        self._pictures, self._name = pictures, name

    def sign_in(self, path="/layers/import/"):
        self.page.goto(f"{self.address}/login/?lang=en&next={path}")
        self.page.fill("[name=username]", "sokha")
        self.page.fill("[name=password]", PASSWORD)
        self.page.locator("main [type=submit]").click()
        self.page.wait_for_url(f"**{path}")

    def keep(self, step):
        self.page.screenshot(path=self._pictures / f"{self._name}-{step}.png", full_page=True)

    def bring_in(self, file):
        """Choose a file (a path, or name, type and content) and send it; wait for the look."""
        self.page.set_input_files("#id_file", file)
        self.page.locator("#upload-form button[type=submit]").click()
        expect(self.page.get_by_role("heading", name="What is in it")).to_be_visible()

    def name_new_layer(self, title_km, slug):
        """Say that the file makes a new layer, and what it is called."""
        if self.page.locator("[name=target]").input_value():
            self.page.select_option("[name=target]", "")
        self.page.fill("[name=title_km]", title_km)
        self.page.fill("[name=slug]", slug)

    def give_classes(self, field, classes):
        """Give each value of a column its class; the column is chosen anew as a reader may."""
        self.page.locator("[name=class_from][value=field]").check()
        self.page.select_option("[name=class_field]", "")
        self.page.select_option("[name=class_field]", field)
        rows = self.page.locator(".import-values tbody tr")
        for value, code in classes.items():
            rows.filter(has_text=value).locator("select").select_option(code)

    def try_it(self):
        self.page.get_by_role("button", name="Try the import").click()
        expect(self.page.get_by_role("heading", name="What the import would do")).to_be_visible()

    def publish(self, slug, version=1):
        self.page.get_by_role("button", name="Import and publish").click()
        told = f"Layer {slug} is published as version {version}."
        expect(self.page.get_by_text(told)).to_be_visible()
