import type { Messages } from '../message.ts';

export const es: Messages = {
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
  },
};
