"""A planner at the page of the city profile."""

import re

from django.contrib.auth.models import Permission, User
from django.urls import reverse

ADDRESS = "/layers/profile/"


def planner(client, *rights, name="sokha", **account):
    """Sign somebody in who may change the profile, and has these other rights."""
    user = User.objects.create_user(name, **account)
    codes = ("change_profile", *rights)
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(User.objects.get(pk=user.pk))
    return user


def fields_of(page):
    """What a browser would send of the forms in the page's main part."""
    text = page if isinstance(page, str) else page.content.decode()
    main = text.split("<main", 1)[1].split("</main>", 1)[0]
    sent = {}
    for tag in re.findall(r"<input\b[^>]*>", main):
        read = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        is_box = read.get("type") == "checkbox"
        if "name" not in read or (is_box and " checked" not in tag) or " disabled" in tag:
            continue
        sent[read["name"]] = read.get("value", "on" if is_box else "")
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', main, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    sent.pop("csrfmiddlewaretoken", None)
    return sent


def form(client, lang="en"):
    """The fields of the form as it opens."""
    page = client.get(ADDRESS, {"change": "1", "lang": lang})
    assert page.status_code == 200
    return fields_of(page)


def without(fields, *names):
    """The fields as sent when these boxes are not ticked."""
    return {name: value for name, value in fields.items() if name not in names}


def preview(client, fields, step="preview"):
    return client.post(reverse("city-profile") + "?lang=en", {**fields, "step": step})


def save(client, fields, reason="The council asked for it.", **changed):
    """Look at what would change, then save exactly that."""
    looked = fields_of(preview(client, fields))
    return client.post(
        ADDRESS + "?lang=en", {**looked, "step": "save", "reason": reason, **changed}
    )
