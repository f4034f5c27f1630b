import type { MailTexts } from '../mails.ts';

export const mails: MailTexts = {
  footer: 'Recibe este correo automático porque esta dirección de correo electrónico se indicó para una cuenta.',
  messages: {
    email_verification: {
      subject: 'Confirme su dirección de correo electrónico',
      paragraphs: [
        'Confirme que {email} es su dirección de correo electrónico.',
        'El enlace es válido durante 24 horas y solo se puede usar una vez. Si no ha creado ninguna cuenta, puede ignorar este correo.',
      ],
      action: 'Confirmar la dirección de correo',
    },
    account_exists: {
      subject: 'Ya tiene una cuenta',
      paragraphs: [
        'Alguien, probablemente usted, ha querido usar {email} para una cuenta nueva o como nueva dirección de correo de otra cuenta. Usted ya tiene una cuenta con esta dirección de correo. La cuenta no ha cambiado.',
        'Si ha olvidado su contraseña, elija una nueva con este enlace, que es válido durante una hora y solo se puede usar una vez. Si no ha sido usted, puede ignorar este correo.',
      ],
      action: 'Elegir una contraseña nueva',
    },
    password_reset: {
      subject: 'Elija una contraseña nueva',
      paragraphs: [
        'Alguien, probablemente usted, ha pedido restablecer la contraseña de {email}.',
        'El enlace es válido durante una hora y solo se puede usar una vez. Su contraseña actual sigue siendo válida hasta que elija una nueva. Si no ha sido usted, puede ignorar este correo.',
      ],
      action: 'Elegir una contraseña nueva',
    },
    magic_link: {
      subject: 'Su enlace para iniciar sesión',
      paragraphs: [
        'Use este enlace para iniciar sesión como {email}.',
        'El enlace es válido durante 15 minutos y solo se puede usar una vez. No reenvíe este correo. Si no lo ha pedido, puede ignorarlo.',
      ],
      action: 'Iniciar sesión',
    },
    email_change: {
      subject: 'Confirme su nueva dirección de correo electrónico',
      paragraphs: [
        'Confirme que {email} es la nueva dirección de correo electrónico de su cuenta.',
        'El enlace es válido durante una hora y solo se puede usar una vez. Si no ha pedido este cambio, puede ignorar este correo.',
      ],
      action: 'Confirmar la nueva dirección de correo',
    },
    email_change_notice: {
      subject: 'Su dirección de correo electrónico va a cambiar',
      paragraphs: [
        'Alguien, probablemente usted, ha pedido cambiar la dirección de correo electrónico de su cuenta de {email} a {new_email}.',
        'Si no ha sido usted, cambie su contraseña ahora mismo: la persona que lo ha pedido ha iniciado sesión en su cuenta.',
      ],
    },
    new_device: {
      subject: 'Inicio de sesión en un dispositivo nuevo',
      paragraphs: [
        'Alguien, probablemente usted, ha iniciado sesión en su cuenta {email} en un dispositivo nuevo: {device}, dirección IP {address}, fecha y hora: {time}.',
        'Si no ha sido usted, cambie su contraseña ahora mismo y cierre todas las demás sesiones.',
      ],
    },
    password_changed: {
      subject: 'Se ha cambiado su contraseña',
      paragraphs: [
        'Se ha cambiado la contraseña de su cuenta {email}. Fecha y hora: {time}.',
        'Si no ha sido usted, restablezca su contraseña de inmediato.',
      ],
    },
    password_reset_required: {
      subject: 'Debe elegir una contraseña nueva',
      paragraphs: [
        'Un administrador le pide que elija una contraseña nueva para {email}. Su contraseña anterior ya no es válida y se han cerrado todas sus sesiones.',
        'El enlace es válido durante una hora y solo se puede usar una vez. Después, puede pedir otro enlace con «He olvidado mi contraseña».',
      ],
      action: 'Elegir una contraseña nueva',
    },
    invitation: {
      subject: 'Ha recibido una invitación',
      paragraphs: [
        'Se ha creado una cuenta para {email}. Elija una contraseña para empezar a usarla.',
        'El enlace es válido durante 7 días y solo se puede usar una vez. Si no quiere usar la cuenta, puede ignorar este correo.',
      ],
      action: 'Elegir una contraseña',
    },
    account_deleted: {
      subject: 'Su cuenta se ha eliminado',
      paragraphs: [
        'La cuenta {email} se eliminó, con todo lo que se había guardado sobre ella. Fecha y hora: {time}.',
        'Si no lo ha solicitado, póngase en contacto con el operador del servicio.',
      ],
    },
    authenticator_added: {
      subject: 'Se ha añadido una aplicación de autenticación',
      paragraphs: [
        'Se añadió una aplicación de autenticación a su cuenta {email}. Para iniciar sesión se necesita ahora un código de esa aplicación. Fecha y hora: {time}.',
        'Si no ha sido usted, restablezca su contraseña inmediatamente y póngase en contacto con el operador del servicio.',
      ],
    },
    authenticator_removed: {
      subject: 'Se ha eliminado su aplicación de autenticación',
      paragraphs: [
        'Se eliminaron la aplicación de autenticación y los códigos de recuperación de su cuenta {email}. Ya no se necesita ningún código para iniciar sesión. Fecha y hora: {time}.',
        'Si no ha sido usted, restablezca su contraseña inmediatamente.',
      ],
    },
    email_changed: {
      subject: 'Su dirección de correo se ha cambiado',
      paragraphs: [
        'La dirección de correo de su cuenta se cambió de {email} a {new_email}. Fecha y hora: {time}.',
        'Si no ha sido usted, póngase en contacto inmediatamente con el operador del servicio.',
      ],
    },
    identity_linked: {
      subject: 'Se ha añadido una forma de iniciar sesión',
      paragraphs: [
        'El proveedor «{provider}» se vinculó a su cuenta {email}. Ahora puede iniciar sesión con él. Fecha y hora: {time}.',
        'Si no ha sido usted, restablezca su contraseña inmediatamente y elimine el vínculo.',
      ],
    },
    identity_unlinked: {
      subject: 'Se ha eliminado una forma de iniciar sesión',
      paragraphs: [
        'Se eliminó el vínculo de su cuenta {email} con el proveedor «{provider}». Fecha y hora: {time}.',
        'Si no ha sido usted, restablezca su contraseña inmediatamente.',
      ],
    },
    mfa_reset: {
      subject: 'Se han eliminado sus segundos factores',
      paragraphs: [
        'Un administrador eliminó la aplicación de autenticación, los códigos de recuperación y las claves de acceso de su cuenta {email}. Todas sus sesiones han terminado. Fecha y hora: {time}.',
        'Si no lo ha solicitado, póngase en contacto con el operador del servicio.',
      ],
    },
    passkey_added: {
      subject: 'Se ha añadido una clave de acceso',
      paragraphs: [
        'Se añadió una clave de acceso a su cuenta {email}. Permite iniciar sesión. Fecha y hora: {time}.',
        'Si no ha sido usted, restablezca su contraseña inmediatamente y elimine la clave de acceso.',
      ],
    },
    passkey_removed: {
      subject: 'Se ha eliminado una clave de acceso',
      paragraphs: [
        'Se eliminó una clave de acceso de su cuenta {email}. Fecha y hora: {time}.',
        'Si no ha sido usted, restablezca su contraseña inmediatamente.',
      ],
    },
    recovery_code_used: {
      subject: 'Se ha usado un código de recuperación',
      paragraphs: [
        'Se usó un código de recuperación de su cuenta {email}. No se puede volver a usar. Fecha y hora: {time}.',
        'Si no ha sido usted, restablezca su contraseña inmediatamente y cree nuevos códigos de recuperación.',
      ],
    },
  },
};
