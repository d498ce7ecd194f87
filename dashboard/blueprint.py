"""The dashboard's blueprint; importing dashboard/views.py adds every page to it."""

from flask import Blueprint

bp = Blueprint(
    "dashboard", __name__, url_prefix="/dashboard", static_folder="static", template_folder="templates"
)
